import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { readEntries } from "../../src/cost/ledger.ts";
import { readCosts, Sandbox } from "../../src/index.ts";
import { errorOf, useOwnHome } from "../support/home.ts";
import { Progress } from "../support/stopped.ts";
import { changeTimings } from "../support/timings.ts";

const home = useOwnHome();
// A dollar a second.
beforeAll(() => writeFile(join(home, "prices.json"), '{"local": {"sandbox": 3600}}'));
afterEach(() => vi.unstubAllEnvs());

test("a stopped sandbox costs nothing, and its instances share one budget", async () => {
  const budgetUsd = 1000;
  const startedAt = performance.now();
  using _ = changeTimings({ minimumPaidMs: 1000 });
  const progress = new Progress();
  const sandbox = await new Sandbox(
    { executionMode: "cli", idle: { afterMs: 1000, action: "stop" }, budgetUsd },
    progress,
  ).start();
  await progress.stopped(home);
  const [before] = await readCosts();
  const seconds = (performance.now() - startedAt) / 1000;
  expect(before?.usd).toBeGreaterThan(0.9);
  expect(before?.usd).toBeLessThan(seconds);
  await delay(1000);
  expect((await readCosts())[0]?.usd).toBe(before?.usd);
  // There is enough for a second instance.
  expect(await sandbox.exec("echo there")).toBe("there\n");
  await progress.stopped(home, 2);
  const [after] = await readCosts();
  expect(after?.usd).toBeGreaterThan((before?.usd ?? 0) + 0.9);
  // Each instance alone would leave enough for a third, but not both together.
  using __ = changeTimings({ minimumPaidMs: 1000 * (budgetUsd - (after?.usd ?? 0) + 0.1) });
  const error = await errorOf(sandbox.exec("echo there"));
  expect(error.code).toBe("environment/budget-exceeded");
  const ends = (await readEntries()).filter((entry) => entry.type === "end");
  expect(ends.map(({ reason }) => reason)).toEqual(["idle", "idle"]);
  await sandbox.terminate();
  // It is one run, whose end is told once.
  expect(await readCosts()).toHaveLength(1);
  expect(progress.lines.filter((line) => /^Ran \S.*: \$/.test(line))).toHaveLength(1);
});
