import type { Backend } from "@seer/config";
import type { EndReason } from "../runtime/sandbox-instance.ts";
import type { BeginEntry, LedgerEntry } from "./ledger.ts";
import { readEntries } from "./ledger.ts";

/** The cost of one start of a sandbox so far, including all instances that were started for it. */
export interface RunCost {
  readonly run: string;
  /** The sandbox's name, or its ID if it has none. */
  readonly name: string;
  readonly backend: Backend;
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly startedAt: Date;
  /** Undefined while it runs. */
  readonly endedAt: Date | undefined;
  /** Running time of the sandbox, and the total of its GPUs. */
  readonly seconds: number;
  readonly gpuSeconds: number;
  readonly usd: number;
  /** `"estimated"` if no process recorded the end; `endedAt` is then the latest possible time. */
  readonly state: "running" | "ended" | "estimated";
  /** Why its last instance ended. */
  readonly reason: EndReason | undefined;
  /** IDs of its instances in order of start. */
  readonly sandboxes: readonly string[];
}

export interface CostOptions {
  /** Omits runs that ended before. */
  since?: Date | undefined;
}

/** Returns the costs of all runs in order of start, from the ledger in `$SEER_HOME`. */
export async function readCosts({ since }: CostOptions = {}): Promise<RunCost[]> {
  const costs = runCosts(await readEntries(), new Date());
  return since === undefined
    ? costs
    : costs.filter(({ endedAt }) => endedAt === undefined || endedAt >= since);
}

export function runCosts(entries: readonly LedgerEntry[], now: Date): RunCost[] {
  const machines = new Map<string, InstanceTime>();
  for (const entry of entries) {
    if (entry.type === "begin") machines.set(entry.machine, new InstanceTime(entry));
    else machines.get(entry.machine)?.add(entry);
  }
  const runs = Map.groupBy(machines.values(), ({ begin }) => begin.run);
  return [...runs.values()].map((all) => costOf(all, now.getTime()));
}

/** Start and end of one instance, from its ledger entries. */
class InstanceTime {
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
    // The owner and a process that stops the sandbox both record the end; the first entry is exact.
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

function costOf(machines: readonly InstanceTime[], now: number): RunCost {
  const sandboxes = machines.filter(({ begin }) => begin.purpose === "sandbox");
  // A run that ended while its weights were downloaded has no sandbox.
  const last = sandboxes.at(-1) ?? machines.at(-1);
  if (last === undefined) throw new TypeError("The run has no instances");
  const { run, name, machine, backend, gpu, gpuCount } = last.begin;
  const ends = machines.map((one) => one.endedAt(now));
  const isRunning = ends.includes(undefined);
  const isEstimated = machines.some((one) => one.isEstimated);
  const sum = (value: (one: InstanceTime) => number, of = machines) =>
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
