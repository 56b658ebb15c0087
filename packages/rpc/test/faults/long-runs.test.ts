import { expect, test } from "vitest";
import { drops } from "../../soak/drops.ts";
import { healthUnderLoad } from "../../soak/health.ts";
import { kills } from "../../soak/kills.ts";
import { soak } from "../../soak/soak.ts";

// Short versions of the runs that the README describes.

test("whichever way workers die under load, callers hear of it soon and nothing runs twice", async () => {
  const report = await kills({ count: 8, callers: 16, seed: 8 });
  expect(Object.keys(report.outcomes).sort()).toEqual(["ok", "rpc/worker-died"]);
  expect(report.slowestErrorMs).toBeLessThan(2000);
  expect(report).toMatchObject({ kills: 8, doubled: [], lost: [] });
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
  // What it takes on a quiet machine is measured by `node soak/main.ts health`.
  expect(report.p50Ms).toBeLessThan(100);
});
