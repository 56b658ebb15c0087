import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** A writable root directory: what it is laid over, and where its own changes go. */
export interface Rootfs {
  /** Directories of image layers, the topmost first. */
  readonly layers: readonly string[];
  /** The changes. */
  readonly upper: string;
  readonly work: string;
  /** Where the mount namespace sees the result; an empty directory outside of it. */
  readonly merged: string;
}

/** Makes the directories of a root over some layers. */
export async function createRootfs(directory: string, layers: readonly string[]): Promise<Rootfs> {
  const rootfs = {
    layers,
    upper: join(directory, "upper"),
    work: join(directory, "work"),
    merged: join(directory, "merged"),
  };
  for (const path of [rootfs.upper, rootfs.work, rootfs.merged]) await mkdir(path, { recursive: true });
  return rootfs;
}

/** Removes a directory that held a root. */
export async function removeRootfs(directory: string): Promise<void> {
  // The kernel leaves a directory without any permission in the work directory.
  await chmod(join(directory, "work", "work"), 0o700).catch(() => {});
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
