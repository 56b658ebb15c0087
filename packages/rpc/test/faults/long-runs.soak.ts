import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { drops } from "../../soak/drops.ts";
import { healthUnderLoad } from "../../soak/health.ts";
import { kills } from "../../soak/kills.ts";
import { soak } from "../../soak/soak.ts";
import { startHost } from "../fixtures/real-host.ts";

// Short versions of the runs that the README describes.

test("whichever way workers die under load, callers hear of it soon and nothing runs twice", async () => {
  const report = await kills({ count: 8, callers: 16, seed: 8 });
  expect(Object.keys(report.outcomes).sort()).toEqual(["ok", "rpc/worker-died"]);
  expect(report).toMatchObject({ kills: 8, doubled: [], lost: [] });
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
    // At another moment each time: as calls wait, run and end.
    await delay(10 + 6 * kill);
    process.kill(pid, "SIGKILL");
    for (const result of await Promise.allSettled(calls)) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "rpc/worker-died" });
      else expect(result.value).toBe("slept");
    }
  }
  expect(await client.health()).toMatchObject({ restarts: 5, waiting: 0, running: 0 });
});

test("wherever a connection drops, a stream and a large result arrive to the byte", async () => {
  expect(await drops({ count: 6, seed: 6 })).toMatchObject({ drops: 6, exact: 6, wrong: [] });
});

test("many callers with mixed calls and lost connections lose and double none", async () => {
  const report = await soak({ minutes: 0.15, seed: 9 });
  expect(report.wrong).toEqual([]);
  expect(report.calls).toBeGreaterThan(200);
  expect(report.cancelled).toBeGreaterThan(0);
  expect(report.reconnections).toBeGreaterThan(0);
});

test("health is told while a call into C holds the GIL", async () => {
  const report = await healthUnderLoad({ seconds: 0.5 });
  // What it takes is measured by `node soak/main.ts health`; here it counts that it is told at all.
  expect(report.probes).toBeGreaterThan(0);
});
