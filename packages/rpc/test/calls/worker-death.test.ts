import { expect, test } from "vitest";
import { startHost } from "../fixtures/real-host.ts";

test.each([
  ["exit", { exitCode: 3 }],
  ["kill", { signal: "SIGKILL" }],
])("a worker that ends by %s is reported to every caller, and the next call works", async (how, details) => {
  await using host = await startHost();
  await using client = await host.client();
  const results = await Promise.allSettled([client.call("die", { how }), client.call("add", [1, 2])]);
  expect(results[0]).toMatchObject({ reason: { code: "rpc/worker-died", details } });
  expect(await client.call("add", [1, 2])).toBe(3);
  expect(await client.health()).toMatchObject({ restarts: 1 });
});

test("a restart forgets the file's state", async () => {
  await using host = await startHost();
  await using client = await host.client();
  await client.call("numbers", [3]);
  expect(await client.call("how_many_seen")).toBe(3);
  await client.restart();
  await client.describe();
  expect(await client.call("how_many_seen")).toBe(0);
});
