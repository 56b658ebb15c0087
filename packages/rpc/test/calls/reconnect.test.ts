import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NdArray, RpcClient } from "../../src/index.ts";
import type { LaunchedHost } from "../../src/launch/index.ts";
import { startHost, temporaryDirectory } from "../fixtures/real-host.ts";
import { tcpProxy } from "../fixtures/tcp-proxy.ts";

let host: LaunchedHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host?.close());

const connect = (url: string) => RpcClient.connect({ url, token: host.token, livenessIntervalMs: 100 });

test("calls under way when the connection drops end as if it had not, and run once", async () => {
  await using directory = await temporaryDirectory();
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  const texts = Array.from({ length: 20 }, (_, i) => `call ${i}`);
  const calls = texts.map((text) => client.call("note", { directory: directory.path, text, seconds: 0.02 }));
  for (let i = 0; i < 5; i++) {
    await delay(50);
    proxy.cut();
  }
  expect(await Promise.all(calls)).toEqual(texts);
  expect((await readFile(`${directory.path}/notes`, "utf8")).trimEnd().split("\n")).toEqual(texts);
  expect(proxy.connections).toBeGreaterThan(2);
});

test("output goes on where it was cut", async () => {
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  let printed = "";
  const onOutput = (text: string, stream: string) => {
    if (stream === "stdout") printed += text;
  };
  const call = client.call("print_lines", { count: 20, pause: 0.02 }, { onOutput });
  for (let i = 0; i < 4; i++) {
    await delay(80);
    proxy.cut();
  }
  expect(await call).toBe(20);
  expect(printed).toBe(Array.from({ length: 20 }, (_, i) => `line ${i} ✓\n`).join(""));
});

test("a stream of arrays goes on where it was cut, 20 times", async () => {
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  let expected = 0;
  proxy.cutAfter(350_000, 20);
  for await (const item of client.stream("chunks", { count: 200, size: 10_000 })) {
    const { data } = item as NdArray<"float32">;
    expect(data.length).toBe(10_000);
    expect(data[0]).toBe(expected);
    expect(data[9_999]).toBe(expected);
    expected++;
  }
  expect(expected).toBe(200);
  expect(proxy.connections).toBe(21);
});

test("a result that was cut in the middle is sent again", async () => {
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  proxy.cutAfter(1_000_000);
  const array = (await client.call("large", { count: 1_000_000 })) as NdArray;
  expect(array.data[999_999]).toBe(999_999);
  expect(proxy.connections).toBe(2);
});

test("a connection that is half open is given up for another", async () => {
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  const call = client.call("sleep", { seconds: 0.1 });
  await delay(20);
  proxy.freeze();
  expect(await call).toBe("slept");
  expect(proxy.connections).toBe(2);
});

test("calls made while there is no connection wait for it", async () => {
  await using proxy = await tcpProxy(host.url);
  await using client = await connect(proxy.url);
  proxy.refuse(true);
  proxy.cut();
  await delay(20);
  const calls = [client.call("add", [1, 2]), client.call("add", [3, 4])];
  await delay(100);
  proxy.refuse(false);
  expect(await Promise.all(calls)).toEqual([3, 7]);
});

test("when the host is gone, calls fail soon and say so", async () => {
  await using doomed = await startHost();
  await using client = await doomed.client();
  const call = client.call("sleep", { seconds: 600 });
  const failed = expect(call).rejects.toMatchObject({ code: "rpc/unreachable" });
  await delay(50);
  process.kill(doomed.pid, "SIGKILL");
  await failed;
  await expect(client.call("add", [1, 1])).rejects.toMatchObject({ code: "rpc/unreachable" });
});
