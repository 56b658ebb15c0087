import type { Backend } from "@seer/config";
import type { EndReason, MeteredMachine } from "../backends/backend.ts";

/** One line of the ledger. Times are ISO 8601; entries about one machine share `machine`, its id. */
export type LedgerEntry = BeginEntry | SeenEntry | EndEntry;

/** A machine costs something from now on. */
export interface BeginEntry {
  readonly type: "begin";
  readonly at: string;
  /** The run that it belongs to: one start of an owner, with all that it brings. */
  readonly run: string;
  /** The sandbox's name, where it was given one. */
  readonly name: string | null;
  readonly machine: string;
  readonly backend: Backend;
  readonly purpose: MeteredMachine["purpose"];
  readonly gpu: string | null;
  readonly gpuCount: number;
  /** The price at this time. */
  readonly usdPerHour: number;
  /** How long it can outlive the last word about it. */
  readonly graceMs: number;
}

/** Somebody who holds the machine was alive. */
interface SeenEntry {
  readonly type: "seen";
  readonly at: string;
  readonly machine: string;
}

/** The machine has ended. */
interface EndEntry {
  readonly type: "end";
  readonly at: string;
  readonly machine: string;
  readonly reason: EndReason;
}
