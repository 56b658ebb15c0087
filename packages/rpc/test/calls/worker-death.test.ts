import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { startHost } from "../fixtures/real-host.ts";

test.each([
  ["exit", { exitCode: 3 }],
  ["kill", { signal: "SIGKILL" }],
])("a worker that ends by %s is reported to every caller, and the next call works", async (how, details) => {
  await using host = await startHost();
  await using client = await host.client();
  const start = performance.now();
  const results = await Promise.allSettled([client.call("die", { how }), client.call("add", [1, 2])]);
  expect(results[0]).toMatchObject({ reason: { code: "rpc/worker-died", details } });
  expect(performance.now() - start).toBeLessThan(2000);
  expect(await client.call("add", [1, 2])).toBe(3);
  expect(await client.health()).toMatchObject({ restarts: 1 });
});

test("every caller hears of a kill, however often, and no call is lost", async () => {
  await using host = await startHost();
  await using client = await host.client();
  for (let kill = 0; kill < 5; kill++) {
    await client.call("add", [1, 1]);
    const pid = Number((await client.health()).workerPid);
    const calls = Array.from({ length: 32 }, (_, i) =>
      client.call("sleep", { seconds: i % 2 === 0 ? 0.005 : 0.02 }),
    );
    await delay(10 + 30 * Math.random());
    const start = performance.now();
    process.kill(pid, "SIGKILL");
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "rpc/worker-died" });
      else expect(result.value).toBe("slept");
    }
    expect(performance.now() - start).toBeLessThan(2000);
  }
  expect(await client.health()).toMatchObject({ restarts: 5, waiting: 0, running: 0 });
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
