import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ledgerFile } from "../../src/cost/ledger.ts";
import { RunAccount } from "../../src/cost/run-account.ts";
import { readCosts, Sandbox } from "../../src/index.ts";
import { errorOf, useOwnHome } from "../support/home.ts";
import { processesGone } from "../support/processes.ts";
import { changeTimings, childTimings } from "../support/timings.ts";

const home = useOwnHome();
const sandbox = { purpose: "sandbox", gpu: null, gpuCount: 0 } as const;

// A dollar a second.
const prices = { local: { sandbox: 3600 } };
beforeAll(() => writeFile(join(home, "prices.json"), JSON.stringify(prices)));
beforeEach(async () => {
  process.env.SEER_HOME = home;
  await rm(ledgerFile(), { force: true });
});

describe("the account of a run", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const lines: string[] = [];
  const open = (budgetUsd?: number) => {
    lines.length = 0;
    const onProgress = (line: string) => void lines.push(line);
    return RunAccount.open({ backend: "local", name: "x", timeoutMs: 600_000, budgetUsd, onProgress });
  };

  test("counts all that the run has spent before", async () => {
    const account = await open(300);
    expect(account.affordableMs(sandbox)).toBe(300_000);
    account.begin({ ...sandbox, purpose: "weights", id: "w" });
    vi.advanceTimersByTime(100_000);
    account.end("w", "terminated");
    account.end("w", "terminated");
    vi.advanceTimersByTime(50_000);
    expect(account.affordableMs(sandbox)).toBe(200_000);
    account.begin({ ...sandbox, id: "s" });
    expect(lines).toEqual([
      "CPU only on this machine: about $3600.00 an hour, at most $200.00 in 3 min 20 s, when the budget is spent",
    ]);
    // Beside what runs.
    expect(account.affordableMs(sandbox)).toBe(100_000);
    vi.advanceTimersByTime(139_000);
    expect(lines).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(lines[1]).toBe("80 % of the budget of $300.00 is spent; the sandbox ends in 1 min");
    expect(() => account.affordableMs(sandbox)).toThrowError(
      expect.objectContaining({
        code: "environment/budget-exceeded",
        message:
          "$240.00 of the budget of $300.00 is spent; the rest buys 30 s of CPU only on this machine at $3600.00 an hour",
        hint: "The minimum is 1 min: raise `budgetUsd` to $300.00 or more, or choose a cheaper GPU (`seer gpus`).",
      }),
    );
    account.close("terminated");
    account.close("terminated");
    expect(lines.slice(2)).toEqual(["Ran 2 min 20 s: $240.00"]);
    expect(await readCosts()).toMatchObject([{ name: "x", usd: 240, state: "ended", seconds: 140 }]);
  });

  test("writes that its machines are held, so that it is known until when they were", async () => {
    const account = await open();
    expect(account.affordableMs(sandbox)).toBe(Number.POSITIVE_INFINITY);
    account.begin({ ...sandbox, id: "s" });
    vi.advanceTimersByTime(180_000);
    expect(await readCosts()).toMatchObject([{ state: "running", usd: 180 }]);
    vi.clearAllTimers();
    vi.advanceTimersByTime(3_600_000);
    expect(await readCosts()).toMatchObject([{ state: "estimated", usd: 180 + 150 }]);
    expect(lines[0]).toMatch(/at most \$600\.00 in 10 min$/);
  });

  test("a ledger that cannot be written is said, once, and ends nothing", async () => {
    const account = await open();
    process.env.SEER_HOME = "/dev/null/home";
    account.begin({ ...sandbox, id: "s" });
    account.end("s", "terminated");
    expect(lines.filter((line) => line.startsWith("The cost cannot be recorded: "))).toHaveLength(1);
  });
});

test("a budget that is too small is rejected before anything slow starts", async () => {
  const progress: string[] = [];
  const poor = new Sandbox(
    { budgetUsd: 30, timeoutMs: 600_000 },
    { onProgress: (line) => progress.push(line) },
  );
  expect(await errorOf(poor.start())).toMatchObject({
    code: "environment/budget-exceeded",
    message: "A budget of $30.00 buys 30 s of CPU only on this machine at $3600.00 an hour",
    hint: expect.stringContaining("raise `budgetUsd` to $60.00 or more"),
  });
  expect(progress).toEqual([]);
  expect(await readCosts()).toEqual([]);
});

test("a sandbox ends when its budget is spent, and says so", async () => {
  using _ = changeTimings({ minimumPaidMs: 1000 });
  const progress: string[] = [];
  const sandbox = new Sandbox(
    { executionMode: "cli", budgetUsd: 1 },
    { onProgress: (line) => progress.push(line) },
  );
  // On a busy machine, it is spent before the sandbox has started.
  const error = await errorOf(sandbox.start({ name: "spender" }).then(() => sandbox.exec("sleep 600")));
  expect(error).toMatchObject({
    code: "environment/ended",
    message: "The sandbox spender has ended: it spent its budget, `budgetUsd`",
  });
  await sandbox.terminate();
  expect(progress).toContain(
    "CPU only on this machine: about $3600.00 an hour, at most $1.00 in 1 s, when the budget is spent",
  );
  expect(progress.at(-1)).toMatch(/^Ran [\d.]+ m?s: \$\d+\.\d\d$/);
  const [cost, ...others] = await readCosts();
  expect(others).toEqual([]);
  expect(cost).toMatchObject({ name: "spender", state: "ended", reason: "budget", gpu: null, gpuSeconds: 0 });
  expect(cost?.usd).toBeGreaterThan(0);
});

test("its budget ends it also when its owner was killed", async () => {
  const file = fileURLToPath(new URL("../fixtures/spender.ts", import.meta.url));
  const env = { ...process.env, ...childTimings({ minimumPaidMs: 1000 }) };
  const owner = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [id] = (await once(owner.stdout, "data")) as [Buffer];
  owner.kill("SIGKILL");
  await once(owner, "close");
  expect(await processesGone(id.toString().trim())).toEqual([]);
  expect(await readCosts()).toMatchObject([{ state: "running", name: "killed" }]);
});

test("an attached process that ends it records the end, and a start that was interrupted is charged too", async () => {
  await using mine = await new Sandbox({ executionMode: "cli" }).start({ name: "mine" });
  const taken = await Sandbox.fromId("mine");
  await taken.terminate();
  await expect.poll(() => readCosts()).toMatchObject([{ state: "ended", reason: "terminated" }]);
  expect(await errorOf(mine.exec("true"))).toMatchObject({ code: "environment/ended" });
});

test("SEER_BUDGET_USD lowers a budget and never raises it", async () => {
  vi.stubEnv("SEER_BUDGET_USD", "10");
  const start = (budgetUsd?: number) => errorOf(new Sandbox(budgetUsd ? { budgetUsd } : {}).start());
  expect(await start()).toMatchObject({
    message: expect.stringContaining("A budget of $10.00 buys 10 s"),
    hint: expect.stringContaining("raise `budgetUsd` or SEER_BUDGET_USD to $60.00"),
  });
  expect((await start(5)).message).toContain("A budget of $5.00 buys 5 s");
  expect((await start(5000)).message).toContain("A budget of $10.00 buys 10 s");
  vi.stubEnv("SEER_BUDGET_USD", "lots");
  expect(() => new Sandbox()).toThrow(/SEER_BUDGET_USD is not valid/);
  vi.unstubAllEnvs();
});
