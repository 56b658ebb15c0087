import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { BeginEntry, LedgerEntry } from "../../src/cost/ledger.ts";
import { ledgerFile, readEntries, writeEntry } from "../../src/cost/ledger.ts";
import { runCosts } from "../../src/cost/run-cost.ts";
import { temporaryDirectory, useOwnHome } from "../support/home.ts";

useOwnHome();
const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 3, minutes)).toISOString();
const begin = (machine: string, minutes: number, rest: Partial<BeginEntry> = {}): BeginEntry => ({
  type: "begin",
  at: at(minutes),
  run: "run-1",
  name: "probing",
  machine,
  backend: "modal",
  purpose: "sandbox",
  gpu: "H100",
  gpuCount: 2,
  usdPerHour: 6,
  graceMs: 180_000,
  ...rest,
});
const end = (machine: string, minutes: number, reason = "terminated" as const): LedgerEntry => ({
  type: "end",
  at: at(minutes),
  machine,
  reason,
});
const now = (minutes: number) => new Date(at(minutes));

beforeEach(async () => {
  process.env.SEER_HOME = await temporaryDirectory();
});

test("a run is all that its start has brought: the weights' machine, and the sandbox as often as it was there", () => {
  const cpu = { purpose: "weights", gpu: null, gpuCount: 0, usdPerHour: 1 } as const;
  const entries = [
    begin("w", 0, cpu),
    end("w", 6),
    begin("a", 6),
    end("a", 16),
    begin("b", 30),
    end("b", 40),
    // Whoever stopped it says so as well.
    end("b", 41),
    begin("other", 0, { run: "run-2", name: null, usdPerHour: 0 }),
    end("other", 30),
  ];
  expect(runCosts(entries, now(60))).toEqual([
    {
      run: "run-1",
      name: "probing",
      backend: "modal",
      gpu: "H100",
      gpuCount: 2,
      startedAt: now(0),
      endedAt: now(40),
      seconds: 1200,
      gpuSeconds: 2400,
      usd: 2.1,
      state: "ended",
      reason: "terminated",
      sandboxes: ["a", "b"],
    },
    expect.objectContaining({ run: "run-2", name: "other", usd: 0, gpuSeconds: 3600 }),
  ]);
});

test("what runs costs until now, as long as its owner was seen", () => {
  const entries: LedgerEntry[] = [begin("a", 0), { type: "seen", at: at(9), machine: "a" }];
  expect(runCosts(entries, now(10))).toMatchObject([{ state: "running", endedAt: undefined, usd: 1 }]);
});

test("an owner that was killed wrote no end: it was not later than its last word and the lease", () => {
  const entries: LedgerEntry[] = [begin("a", 0), { type: "seen", at: at(7), machine: "a" }];
  expect(runCosts(entries, now(50))).toMatchObject([
    { state: "estimated", endedAt: now(10), usd: 1, seconds: 600, reason: undefined },
  ]);
});

test("the ledger is its user's alone, and survives a line that was torn off", async () => {
  writeEntry(begin("a", 0));
  expect(statSync(ledgerFile()).mode & 0o777).toBe(0o600);
  appendFileSync(ledgerFile(), '{"type":"seen","at":"2026-11-2');
  writeEntry(end("a", 10));
  appendFileSync(ledgerFile(), '\nnull\n7\n{"machine":"a","at":"never"}\n[]\n');
  expect(await readEntries()).toEqual([begin("a", 0), end("a", 10)]);
  expect(readFileSync(ledgerFile(), "utf8").split("\n")).toContain('{"type":"seen","at":"2026-11-2');
});

test("where there is no ledger yet, nothing has cost anything", async () => {
  expect(ledgerFile()).toBe(join(process.env.SEER_HOME ?? "", "ledger.jsonl"));
  expect(await readEntries()).toEqual([]);
});
