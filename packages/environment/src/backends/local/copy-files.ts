import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isWithin } from "@seer/config";
import { removeTree, writeAtomically } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { SnapshotContent, SnapshotRecord } from "../../runtime/snapshot-record.ts";
import { snapshotDirectory } from "../../runtime/snapshot-store.ts";
import { copyTrees } from "./copy-trees.ts";
import { type SandboxDirectories, sandboxDirectories } from "./home.ts";
import { writableMounts } from "./layout.ts";
import { isRecordAlive, type SandboxRecord } from "./sandbox-directory.ts";

/** The directories in a snapshot. Models are provided again at the next start, and logs are not kept. */
export const snapshotDirectories = ["workspace", "home", "rootHome", "temporary", "python"] as const;

/** Copies the files of a running sandbox. */
export async function copySandboxFiles(
  record: SandboxRecord,
  { id, signal }: { id: string; signal?: AbortSignal | undefined },
): Promise<SnapshotContent> {
  const directory = filesDirectory(id);
  await mkdir(directory, { mode: 0o700 });
  const source = sandboxDirectories(record.state.id);
  const pairs = snapshotDirectories.map((name) => [source[name], join(directory, name)] as const);
  const { bytes, leftOut } = await copyTrees(pairs, signal).catch((error: unknown) => {
    throw isRecordAlive(record) ? error : ended();
  });
  // If the sandbox ended meanwhile, the copy is incomplete.
  if (!isRecordAlive(record)) throw ended();
  await writeAtomically(pathsFile(directory), JSON.stringify(record.paths));
  return { kind: "directory", directory, bytes, leftOut: leftOut.map((path) => sandboxPath(source, path)) };
}

/** Maps a file's path on this machine to its path inside the sandbox. */
function sandboxPath(directories: SandboxDirectories, path: string): string {
  const mount = writableMounts(directories).find(([from]) => isWithin(path, from));
  return mount === undefined ? path : `${mount[1]}${path.slice(mount[0].length)}`;
}

export async function removeFiles({ content }: SnapshotRecord): Promise<void> {
  if (content.kind !== "directory") return;
  // Renamed first, so that no sandbox starts from a partly removed snapshot.
  const removed = `${content.directory}.removed`;
  await rename(content.directory, removed).catch(() => {});
  await removeTree(removed);
}

/** The file with the sandbox's path map at the time of the snapshot. */
export function pathsFile(directory: string): string {
  return join(directory, "paths.json");
}

function filesDirectory(id: string): string {
  return join(snapshotDirectory(id), "files");
}

function ended(): EnvironmentError {
  return new EnvironmentError("environment/ended", "The sandbox ended while its files were copied");
}
