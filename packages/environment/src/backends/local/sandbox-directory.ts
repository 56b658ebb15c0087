import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity, removeTree, writeAtomically } from "@seer/system";
import type { SandboxState } from "../../runtime/sandbox-state.ts";
import type { SandboxProcesses } from "./boot.ts";
import { type SandboxDirectories, sandboxDirectories, sandboxesDirectory } from "./home.ts";

// A sandbox's directory is created and removed atomically, by renaming it from or to a name with its owner's PID.

/** Creates the directory of a sandbox, with its subdirectories and record. */
export async function makeSandboxDirectory(record: SandboxRecord): Promise<void> {
  const { id } = record.state;
  const { root, workspace, home, rootHome, temporary, models, logs, python } = sandboxDirectories(id);
  const staged = stagedPath(id);
  await mkdir(staged, { recursive: true, mode: 0o700 });
  for (const directory of [workspace, home, rootHome, temporary, models, logs, python]) {
    await mkdir(join(staged, directory.slice(root.length)));
  }
  await writeRecordTo(staged, record);
  await rename(staged, root);
}

export async function removeSandboxDirectory({ root }: SandboxDirectories, id: string): Promise<void> {
  const removed = stagedPath(id);
  // If the rename fails, another process is removing the directory.
  await rename(root, removed).catch(() => {});
  await removeTree(removed);
}

/** Synchronous variant for the exit of this process. */
export function removeSandboxDirectoryNow({ root }: SandboxDirectories, id: string): void {
  try {
    renameSync(root, stagedPath(id));
    rmSync(stagedPath(id), { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Other sandboxes must be ended too; the next listing of sandboxes removes the directory.
  }
}

/** Removes directories that ended processes were creating or removing. */
export async function removeStagedDirectories(): Promise<void> {
  for (const name of await readdir(sandboxesDirectory()).catch(() => [])) {
    const [, pid, startedAt] = /^\.(\d+)-([^-]+)-sb-/.exec(name) ?? [];
    if (pid === undefined || startedAt === undefined) continue;
    const owner = { pid: Number(pid), startedAt: decodeURIComponent(startedAt) };
    if (!isAlive(owner)) await removeTree(join(sandboxesDirectory(), name));
  }
}

function stagedPath(id: string): string {
  const startedAt = encodeURIComponent(identify(process.pid)?.startedAt ?? "").replaceAll("-", "%2D");
  return join(sandboxesDirectory(), `.${process.pid}-${startedAt}-${id}`);
}

/** A sandbox's record on disk, for other processes of this user. Contains the tokens of its interfaces. */
export interface SandboxRecord {
  readonly version: 1;
  readonly owner: ProcessIdentity | undefined;
  /** Undefined until init has started. */
  readonly processes?: SandboxProcesses | undefined;
  /** Whether all steps of the plan are complete. */
  readonly ready?: boolean | undefined;
  readonly paths: PathMap;
  /** Whether it has its own network. */
  readonly hasOwnNetwork?: boolean | undefined;
  /** UUIDs of the GPUs assigned to it. */
  readonly gpus?: readonly string[] | undefined;
  readonly state: SandboxState;
}

/** Pairs of a directory's path inside the sandbox and the path that its processes see; empty with isolation. */
export type PathMap = readonly (readonly [inside: string, real: string])[];

export async function writeRecord(record: SandboxRecord): Promise<void> {
  await writeRecordTo(sandboxDirectories(record.state.id).root, record);
}

/** The directory is a staged one while the sandbox is created. */
async function writeRecordTo(directory: string, record: SandboxRecord): Promise<void> {
  await writeAtomically(join(directory, "sandbox.json"), `${JSON.stringify(record, null, 2)}\n`);
}

/** Returns undefined if the sandbox does not exist or its record is incomplete. */
export async function readRecord(id: string): Promise<SandboxRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(sandboxDirectories(id).record, "utf8")) as SandboxRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the sandbox's init process is alive; before init has started, whether the starting process is. */
export function isRecordAlive({ processes, owner }: SandboxRecord): boolean {
  const decisive = processes?.init ?? owner;
  return decisive !== undefined && isAlive(decisive);
}
