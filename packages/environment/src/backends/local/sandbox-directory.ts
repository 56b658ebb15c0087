import { renameSync, rmSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../../remove-tree.ts";
import { identify, isAlive } from "../../this-machine/process-identity.ts";
import { type SandboxDirectories, sandboxDirectories, sandboxesDirectory } from "./home.ts";
import { type SandboxRecord, writeRecordTo } from "./record.ts";

// A sandbox's directory comes and goes with its record in it, at once; on the way it has a name that says whose it is.

/** Makes the directory of a sandbox, with those in it. */
export async function makeSandboxDirectory(record: SandboxRecord): Promise<void> {
  const { id } = record.state;
  const { root, workspace, home, temporary, models, logs, python } = sandboxDirectories(id);
  const staged = onTheWay(id);
  await mkdir(staged, { recursive: true, mode: 0o700 });
  for (const directory of [workspace, home, temporary, models, logs, python]) {
    await mkdir(join(staged, directory.slice(root.length)));
  }
  await writeRecordTo(staged, record);
  await rename(staged, root);
}

export async function removeSandboxDirectory({ root }: SandboxDirectories, id: string): Promise<void> {
  const removed = onTheWay(id);
  // One that is gone already is somebody else's to remove.
  await rename(root, removed).catch(() => {});
  await removeTree(removed);
}

/** The same, for the end of this process. */
export function removeSandboxDirectoryNow({ root }: SandboxDirectories, id: string): void {
  try {
    renameSync(root, onTheWay(id));
    rmSync(onTheWay(id), { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Others are to be ended too; whoever lists sandboxes next clears it away.
  }
}

/** Removes what processes that are gone were about to make or to remove. */
export async function clearOnTheWay(): Promise<void> {
  for (const name of await readdir(sandboxesDirectory()).catch(() => [])) {
    const [, pid, startedAt] = /^\.(\d+)-([^-]+)-sb-/.exec(name) ?? [];
    if (pid === undefined || startedAt === undefined) continue;
    const owner = { pid: Number(pid), startedAt: decodeURIComponent(startedAt) };
    if (!isAlive(owner)) await removeTree(join(sandboxesDirectory(), name));
  }
}

function onTheWay(id: string): string {
  const startedAt = encodeURIComponent(identify(process.pid)?.startedAt ?? "").replaceAll("-", "%2D");
  return join(sandboxesDirectory(), `.${process.pid}-${startedAt}-${id}`);
}
