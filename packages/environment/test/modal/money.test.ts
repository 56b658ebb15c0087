import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxConfigInput } from "@seer/config";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ledgerFile, readEntries } from "../../src/cost/ledger.ts";
import { readCosts, Sandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";
import { changeTimings } from "../support/timings.ts";

const home = useOwnHome();
const config = { backend: "modal", executionMode: "cli", gpu: "H100", gpuCount: 2 } as const;
let emulator: ModalEmulator;

describe.skipIf((await emulationObstacle()) !== undefined)("money on Modal", () => {
  const progress: string[] = [];
  const start = async (rest: SandboxConfigInput) => {
    progress.length = 0;
    return await new Sandbox({ ...config, ...rest }, { onProgress: (line) => progress.push(line) }).start();
  };
  const bill = (id: string) => emulator.billing().find(({ sandboxId }) => sandboxId === id);

  beforeAll(async () => {
    ({ emulator } = await startModal());
  });
  beforeEach(() => rm(ledgerFile(), { force: true }));
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(join(home, "prices.json"), { force: true });
  });

  test("the ledger agrees with Modal's bill", async () => {
    const startedAt = performance.now();
    const sandbox = await start({ timeoutMs: 600_000 });
    const { sandboxId } = sandbox;
    const readyAt = performance.now();
    await sandbox.exec("sleep 1");
    const gpus = 2;
    const leastSeconds = (gpus * (performance.now() - readyAt)) / 1000;
    expect(progress).toContain(
      "2 × H100 on Modal: about $8.23 an hour ($7.90 of it GPU), at most $1.37 in 10 min",
    );
    await sandbox.terminate();
    const mostSeconds = (gpus * (performance.now() - startedAt)) / 1000;
    expect(progress.at(-1)).toMatch(/^Ran [\d.]+ s: <?\$0\.0\d$/);
    const [cost] = await readCosts();
    expect(cost).toMatchObject({
      backend: "modal",
      gpu: "H100",
      gpuCount: 2,
      state: "ended",
      sandboxes: [sandboxId],
    });
    for (const gpuSeconds of [cost?.gpuSeconds, bill(sandboxId)?.gpuSeconds]) {
      expect(gpuSeconds).toBeGreaterThan(leastSeconds);
      expect(gpuSeconds).toBeLessThan(mostSeconds);
    }
  });

  test("Modal itself ends what its own first process does not end", async () => {
    // A dollar a second.
    await writeFile(
      join(home, "prices.json"),
      '{"modal": {"gpus": {"H100": 1800}, "cpuCore": 0, "memoryGiB": 0}}',
    );
    const sandbox = await start({ budgetUsd: 90 });
    const { sandboxId } = sandbox;
    // The budget, in whole seconds, and the half minute that the first process has for it.
    const timeoutMs = emulator.sandboxes().find(({ id }) => id === sandboxId)?.definition.timeoutMs;
    expect(timeoutMs).toBeGreaterThan(115_000);
    expect(timeoutMs).toBeLessThanOrEqual(120_000);
    expect(progress).toContain(
      "2 × H100 on Modal: $3600.00 an hour, at most $90.00 in 1 min 30 s, when the budget is spent",
    );
    emulator.clock.advance(3_600_000);
    await expect.poll(() => errorOf(sandbox.exec("true"))).toMatchObject({ code: "environment/ended" });
    expect(bill(sandboxId)?.seconds).toBeLessThanOrEqual(121);
    await sandbox.terminate();
  });

  test("it ends when its budget is spent, and what came before the GPU counts", async () => {
    using _ = changeTimings({ minimumPaidMs: 1000 });
    await writeFile(
      join(home, "prices.json"),
      JSON.stringify({ modal: { sandbox: 3600, gpus: { H100: 0 }, cpuCore: 0, memoryGiB: 0 } }),
    );
    const weights = await temporaryDirectory();
    await writeFile(join(weights, "config.json"), "{}");
    const startedAt = performance.now();
    const sandbox = await start({ budgetUsd: 9, models: [{ name: weights }] });
    const error = await errorOf(sandbox.exec("sleep 60"));
    expect(error.message).toMatch(/ has ended: it spent its budget, `budgetUsd`$/);
    await sandbox.terminate();
    const mostUsd = (performance.now() - startedAt) / 1000;
    const begun = (await readEntries()).filter((entry) => entry.type === "begin");
    expect(begun.map(({ purpose }) => purpose)).toEqual(["weights", "sandbox"]);
    expect(new Set(begun.map(({ run }) => run)).size).toBe(1);
    const [cost] = await readCosts();
    expect(cost).toMatchObject({ state: "ended", reason: "budget" });
    const billed = emulator
      .billing()
      .filter(({ sandboxId }) => begun.some(({ machine }) => machine === sandboxId));
    const billedUsd = billed.reduce((sum, one) => sum + one.seconds, 0);
    // A dollar a second.
    for (const usd of [cost?.usd, billedUsd]) {
      expect(usd).toBeGreaterThan(8);
      expect(usd).toBeLessThan(mostUsd);
    }
  });
});
