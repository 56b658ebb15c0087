import type { Backend } from "@seer/config";
import type { EndReason } from "../backends/backend.ts";
import type { BeginEntry, LedgerEntry } from "./entries.ts";
import { readEntries } from "./ledger-file.ts";

/** What one start of a sandbox has cost so far, with all that it brought. */
export interface RunCost {
  readonly run: string;
  /** As it was called, or else its id. */
  readonly name: string;
  readonly backend: Backend;
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly startedAt: Date;
  /** Undefined while it runs. */
  readonly endedAt: Date | undefined;
  /** How long there was a sandbox, and how long the GPUs of it were in use, added up. */
  readonly seconds: number;
  readonly gpuSeconds: number;
  readonly usd: number;
  /** `"estimated"` when nobody was there to see the end: it was not later than this. */
  readonly state: "running" | "ended" | "estimated";
  /** Why the last machine of it ended. */
  readonly reason: EndReason | undefined;
  /** Ids of its sandboxes, the latest last. */
  readonly sandboxes: readonly string[];
}

export interface CostOptions {
  /** Leaves out what had ended before. */
  since?: Date | undefined;
}

/** What runs have cost, the earliest first, from the ledger in `$SEER_HOME`. */
export async function readCosts({ since }: CostOptions = {}): Promise<RunCost[]> {
  const costs = runCosts(await readEntries(), new Date());
  return since === undefined
    ? costs
    : costs.filter(({ endedAt }) => endedAt === undefined || endedAt >= since);
}

export function runCosts(entries: readonly LedgerEntry[], now: Date): RunCost[] {
  const machines = new Map<string, MachineTime>();
  for (const entry of entries) {
    if (entry.type === "begin") machines.set(entry.machine, new MachineTime(entry));
    else machines.get(entry.machine)?.add(entry);
  }
  const runs = Map.groupBy(machines.values(), ({ begin }) => begin.run);
  return [...runs.values()].map((all) => costOf(all, now.getTime()));
}

/** What the ledger says of one machine. */
class MachineTime {
  readonly begin: BeginEntry;
  readonly startedAt: number;
  reason: EndReason | undefined;
  #seenAt: number;
  #endedAt: number | undefined;

  constructor(begin: BeginEntry) {
    this.begin = begin;
    this.startedAt = Date.parse(begin.at);
    this.#seenAt = this.startedAt;
  }

  add(entry: Exclude<LedgerEntry, BeginEntry>): void {
    const at = Math.max(Date.parse(entry.at), this.startedAt);
    // Its owner and whoever stopped it both say that it has ended; the first one knows.
    if (entry.type === "end" && this.#endedAt === undefined) {
      this.#endedAt = at;
      this.reason = entry.reason;
    }
    this.#seenAt = Math.max(this.#seenAt, at);
  }

  endedAt(now: number): number | undefined {
    if (this.#endedAt !== undefined) return this.#endedAt;
    const latest = this.#seenAt + this.begin.graceMs;
    return now > latest ? latest : undefined;
  }

  get isEstimated(): boolean {
    return this.#endedAt === undefined;
  }

  hours(now: number): number {
    return ((this.endedAt(now) ?? Math.max(now, this.startedAt)) - this.startedAt) / 3_600_000;
  }
}

function costOf(machines: readonly MachineTime[], now: number): RunCost {
  const sandboxes = machines.filter(({ begin }) => begin.purpose === "sandbox");
  // A run that was over while its weights were fetched has no sandbox.
  const last = sandboxes.at(-1) ?? machines.at(-1);
  if (last === undefined) throw new TypeError("A run has a machine");
  const { run, name, machine, backend, gpu, gpuCount } = last.begin;
  const ends = machines.map((one) => one.endedAt(now));
  const isRunning = ends.includes(undefined);
  const isEstimated = machines.some((one) => one.isEstimated);
  const sum = (value: (one: MachineTime) => number, of = machines) =>
    of.reduce((total, one) => total + value(one), 0);
  return {
    run,
    name: name ?? machine,
    backend,
    gpu,
    gpuCount,
    startedAt: new Date(Math.min(...machines.map((one) => one.startedAt))),
    endedAt: isRunning ? undefined : new Date(Math.max(...ends.map((end) => end ?? 0))),
    seconds: sum((one) => one.hours(now) * 3600, sandboxes),
    gpuSeconds: sum((one) => one.hours(now) * 3600 * (one.begin.gpu === null ? 0 : one.begin.gpuCount)),
    usd: sum((one) => one.hours(now) * one.begin.usdPerHour),
    state: isRunning ? "running" : isEstimated ? "estimated" : "ended",
    reason: isRunning ? undefined : last.reason,
    sandboxes: sandboxes.map(({ begin }) => begin.machine),
  };
}
