import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { seerHome } from "../seer-home.ts";
import type { LedgerEntry } from "./entries.ts";

export function ledgerFile(): string {
  return join(seerHome(), "ledger.jsonl");
}

/** Adds an entry in one write, so that processes do not come in each other's way, and at once, also as this one exits. */
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

/** Whether the last line is one that its writer did not live, or had no disk, to finish. */
function isTorn(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(descriptor, last, 0, 1, size - 1);
  return last.toString("latin1") !== "\n";
}

/** All entries, in their order; lines that are none are left out. */
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
