import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../../../errors.ts";
import { removeTree } from "../../../remove-tree.ts";
import { snapshotDirectory } from "../../../snapshots/snapshot-store.ts";
import { writeAtomically } from "../../../write-atomically.ts";
import type { SnapshotContent, SnapshotRecord } from "../../backend.ts";
import { sandboxDirectories } from "../home.ts";
import { isRecordAlive, type SandboxRecord } from "../record.ts";
import { copyTrees } from "./copy-trees.ts";

/** What a snapshot has of a sandbox: not its models, which are placed anew, and not the logs of what ran. */
export const keptDirectories = ["workspace", "home", "temporary", "python"] as const;

/** Copies the files of a running sandbox. */
export async function takeFiles(
  record: SandboxRecord,
  { id, signal }: { id: string; signal?: AbortSignal | undefined },
): Promise<SnapshotContent> {
  const directory = filesDirectory(id);
  await mkdir(directory, { mode: 0o700 });
  const source = sandboxDirectories(record.state.id);
  const pairs = keptDirectories.map((name) => [source[name], join(directory, name)] as const);
  const bytes = await copyTrees(pairs, signal).catch((error: unknown) => {
    throw isRecordAlive(record) ? error : ended();
  });
  // What went away meanwhile is left out, which must not be all.
  if (!isRecordAlive(record)) throw ended();
  await writeAtomically(pathsFile(directory), JSON.stringify(record.paths));
  return { kind: "directory", directory, bytes };
}

export async function removeFiles({ content }: SnapshotRecord): Promise<void> {
  if (content.kind !== "directory") return;
  // At once: what is half removed must not be started.
  const removed = `${content.directory}.removed`;
  await rename(content.directory, removed).catch(() => {});
  await removeTree(removed);
}

/** Where the paths are that the sandbox's processes knew its places by. */
export function pathsFile(directory: string): string {
  return join(directory, "paths.json");
}

function filesDirectory(id: string): string {
  return join(snapshotDirectory(id), "files");
}

function ended(): EnvironmentError {
  return new EnvironmentError("environment/ended", "The sandbox ended while its files were copied");
}
