import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NdArray, RpcClient } from "../../src/index.ts";
import type { LaunchedHost } from "../../src/launch/index.ts";
import { startHost, temporaryDirectory } from "../fixtures/real-host.ts";

let host: LaunchedHost;
let client: RpcClient;
beforeAll(async () => {
  host = await startHost();
  client = await host.client();
});
afterAll(async () => {
  await client?.close();
  await host?.close();
});

test("items come in order, as they are made", async () => {
  await using directory = await temporaryDirectory();
  const items: unknown[] = [];
  for await (const item of client.stream("awaited_numbers", { count: 4, directory: directory.path })) {
    items.push(item);
    // The next is made only when this one has arrived.
    writeFileSync(`${directory.path}/${item}`, "");
  }
  expect(items).toEqual([0, 1, 2, 3]);
});

test("the function does not run further ahead of its reader than it may", async () => {
  const before = Number(await client.call("how_many_seen"));
  const stream = client.stream("numbers", { count: 1000 }, { buffer: 10 });
  await stream.next();
  await delay(200);
  // The worker is inside the stream, so only reading on can free it.
  for (let i = 1; i < 20; i++) expect(await stream.next()).toEqual({ value: i, done: false });
  await stream.return();
  const made = Number(await client.call("how_many_seen")) - before;
  expect(made).toBeGreaterThanOrEqual(20);
  expect(made).toBeLessThan(40);
});

test("a stream of arrays", async () => {
  let sum = 0;
  for await (const item of client.stream("chunks", { count: 50, size: 1000 }))
    sum += (item as NdArray<"float32">).data[999] ?? 0;
  expect(sum).toBe((49 * 50) / 2);
});

test("called, it gives the list of its items, also when there are none", async () => {
  expect(await client.call("numbers", { count: 2 })).toEqual([0, 1]);
  expect(await client.call("numbers", { count: 0 }, { callId: "no-items" })).toEqual([]);
  expect(await client.attach("no-items")).toEqual([]);
});

test("what a function returns that does not yield is its only item", async () => {
  const items: unknown[] = [];
  for await (const item of client.stream("how_many_seen")) items.push(item);
  expect(items).toEqual([expect.any(Number)]);
});

test("an exception comes after the items before it", async () => {
  const items: unknown[] = [];
  const read = async () => {
    for await (const item of client.stream("broken_numbers", [2])) items.push(item);
  };
  await expect(read()).rejects.toMatchObject({ pythonType: "RuntimeError", message: "out of numbers" });
  expect(items).toEqual([0, 1]);
});

test("a signal ends it", async () => {
  const controller = new AbortController();
  const read = async () => {
    for await (const item of client.stream("numbers", [1000, 0.01], { signal: controller.signal })) {
      if (item === 3) controller.abort();
    }
  };
  await expect(read()).rejects.toMatchObject({ code: "rpc/cancelled" });
  expect(await client.call("add", [1, 1])).toBe(2);
});

test("called like any function, it gives a list, however long", async () => {
  expect(await client.call("numbers", [3000])).toEqual(Array.from({ length: 3000 }, (_, i) => i));
});
