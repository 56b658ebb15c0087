import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Backend } from "@seer/config";
import { seerHome } from "@seer/system";
import type { MeteredInstance } from "../runtime/meter.ts";
import type { EndReason } from "../runtime/sandbox-instance.ts";

export function ledgerFile(): string {
  return join(seerHome(), "ledger.jsonl");
}

/** Appends an entry in one synchronous write: this also works at exit, and entries of several processes do not mix. */
export function writeEntry(entry: LedgerEntry): void {
  const file = ledgerFile();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, "a+", 0o600);
  try {
    writeSync(descriptor, `${isTorn(descriptor) ? "\n" : ""}${JSON.stringify(entry)}\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether the last line is incomplete, because its writer was killed or the disk was full. */
function isTorn(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last.toString("latin1") !== "\n";
}

/** All entries in order, without invalid lines. */
export async function readEntries(): Promise<LedgerEntry[]> {
  const text = await readFile(ledgerFile(), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "";
    throw error;
  });
  return text.split("\n").flatMap((line) => parse(line) ?? []);
}

function parse(line: string): LedgerEntry | undefined {
  try {
    const entry = JSON.parse(line) as LedgerEntry | null;
    const isEntry = typeof entry?.machine === "string" && !Number.isNaN(Date.parse(entry.at));
    return isEntry ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** One line of the ledger. Times are ISO 8601; `machine` is the ID of the instance that the entry is about. */
export type LedgerEntry = BeginEntry | SeenEntry | EndEntry;

/** An instance starts to incur costs. */
export interface BeginEntry {
  readonly type: "begin";
  readonly at: string;
  /** ID of the run: one start of a sandbox, with all instances that are started for it. */
  readonly run: string;
  /** The sandbox's name; null if it has none. */
  readonly name: string | null;
  readonly machine: string;
  readonly backend: Backend;
  readonly purpose: MeteredInstance["purpose"];
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly usdPerHour: number;
  /** How long it can continue at most after its last entry. */
  readonly graceMs: number;
}

/** A process that is attached to the instance was alive. */
interface SeenEntry {
  readonly type: "seen";
  readonly at: string;
  readonly machine: string;
}

interface EndEntry {
  readonly type: "end";
  readonly at: string;
  readonly machine: string;
  readonly reason: EndReason;
}
