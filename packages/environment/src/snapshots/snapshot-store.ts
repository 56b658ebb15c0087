import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotRecord } from "../backends/backend.ts";
import { removeTree } from "../remove-tree.ts";
import { seerHome } from "../seer-home.ts";
import { identify, isAlive, type ProcessIdentity } from "../this-machine/process-identity.ts";
import { writeAtomically } from "../write-atomically.ts";

// A snapshot is a directory: its record, which is written last, and what the backend keeps of it on this machine.

const idPattern = /^sn-[a-z0-9]{10}$/;
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/** Where a snapshot has its record, and room for what else belongs to it. */
export function snapshotDirectory(id: string): string {
  return join(snapshotsDirectory(), id);
}

/** Makes room for a new snapshot; without a record, it is gone when this process is. */
export async function beginSnapshot(): Promise<string> {
  const id = `sn-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
  await clearAwayUnfinished();
  // At one go, so that no signal comes in between: a directory that nobody says to have made is kept for a while.
  mkdirSync(snapshotDirectory(id), { recursive: true, mode: 0o700 });
  writeFileSync(makerFile(id), JSON.stringify(identify(process.pid)), { mode: 0o600 });
  return id;
}

export async function writeSnapshotRecord(record: SnapshotRecord): Promise<void> {
  await writeAtomically(recordFile(record.id), `${JSON.stringify(record, null, 2)}\n`);
}

/** Undefined when there is no such snapshot, or it was never finished. */
export async function readSnapshotRecord(id: string): Promise<SnapshotRecord | undefined> {
  // What is asked for may be any text, and becomes a path.
  if (!idPattern.test(id)) return undefined;
  const record = await readJson<SnapshotRecord>(recordFile(id));
  return record?.version === 1 ? record : undefined;
}

/** All that are finished, the oldest first. */
export async function listSnapshotRecords(): Promise<SnapshotRecord[]> {
  await clearAwayUnfinished();
  const records = await Promise.all((await ids()).map(readSnapshotRecord));
  return records
    .filter((record) => record !== undefined)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
}

export async function removeSnapshotFiles(id: string): Promise<void> {
  await removeTree(snapshotDirectory(id));
}

async function clearAwayUnfinished(): Promise<void> {
  for (const id of await ids()) {
    if (await isBeingMade(id)) continue;
    // Looked for last: whoever made it does nothing more.
    if ((await readSnapshotRecord(id)) === undefined) await removeSnapshotFiles(id);
  }
}

async function isBeingMade(id: string): Promise<boolean> {
  const maker = await readJson<ProcessIdentity>(makerFile(id));
  if (maker !== undefined) return isAlive(maker);
  const made = await stat(snapshotDirectory(id)).catch(() => undefined);
  // One without a maker has just been made, or its maker died just then.
  return made === undefined || Date.now() - made.mtimeMs < 60_000;
}

async function ids(): Promise<string[]> {
  return (await readdir(snapshotsDirectory()).catch(() => [])).filter((name) => idPattern.test(name));
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as T;
  } catch {
    return undefined;
  }
}

function snapshotsDirectory(): string {
  return join(seerHome(), "snapshots");
}

function recordFile(id: string): string {
  return join(snapshotDirectory(id), "record.json");
}

function makerFile(id: string): string {
  return join(snapshotDirectory(id), "maker.json");
}
