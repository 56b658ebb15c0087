import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity, removeTree, seerHome, writeAtomically } from "@seer/system";
import type { SnapshotRecord } from "./snapshot-record.ts";

// A snapshot is a directory with the backend's files and a record, which is written last.

const idPattern = /^sn-[a-z0-9]{10}$/;
const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

export function snapshotDirectory(id: string): string {
  return join(snapshotsDirectory(), id);
}

/** Creates the directory of a new snapshot. If this process ends before the record is written, it is removed later. */
export async function beginSnapshot(): Promise<string> {
  const id = `sn-${Array.from({ length: 10 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
  await removeUnfinished();
  // Synchronous, so that no signal can interrupt it: a directory without a maker file is kept for a minute.
  mkdirSync(snapshotDirectory(id), { recursive: true, mode: 0o700 });
  writeFileSync(makerFile(id), JSON.stringify(identify(process.pid)), { mode: 0o600 });
  return id;
}

export async function writeSnapshotRecord(record: SnapshotRecord): Promise<void> {
  await writeAtomically(recordFile(record.id), `${JSON.stringify(record, null, 2)}\n`);
}

/** Undefined if there is no such snapshot, or it was never completed. */
export async function readSnapshotRecord(id: string): Promise<SnapshotRecord | undefined> {
  // Checked because the ID becomes part of a path.
  if (!idPattern.test(id)) return undefined;
  const record = await readJson<SnapshotRecord>(recordFile(id));
  return record?.version === 1 ? record : undefined;
}

/** All complete snapshots, oldest first. */
export async function listSnapshotRecords(): Promise<SnapshotRecord[]> {
  await removeUnfinished();
  const records = await Promise.all((await ids()).map(readSnapshotRecord));
  return records
    .filter((record) => record !== undefined)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
}

export async function removeSnapshotFiles(id: string): Promise<void> {
  await removeTree(snapshotDirectory(id));
}

async function removeUnfinished(): Promise<void> {
  for (const id of await ids()) {
    if (await isBeingMade(id)) continue;
    // Checked last: after its maker has ended, no record can appear.
    if ((await readSnapshotRecord(id)) === undefined) await removeSnapshotFiles(id);
  }
}

async function isBeingMade(id: string): Promise<boolean> {
  const maker = await readJson<ProcessIdentity>(makerFile(id));
  if (maker !== undefined) return isAlive(maker);
  const made = await stat(snapshotDirectory(id)).catch(() => undefined);
  // Without a maker file it was just created, or its maker died in that moment.
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
