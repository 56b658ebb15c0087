import { readdir, rename, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { findPython } from "@seer/rpc/launch";
import { tryLockFile } from "../file-lock.ts";
import { removeTree } from "../remove-tree.ts";
import { environmentsDirectory } from "../seer-home.ts";
import { markerFile, readMarker } from "./python-environment.ts";

/** A complete Python environment on this machine. */
interface StoredEnvironment {
  /** The ID for `noteUse`. */
  readonly id: string;
  readonly directory: string;
  /** The version of Python. */
  readonly version: string;
  /** The requirements that were requested. */
  readonly packages: readonly string[];
  readonly builtAt: Date;
}

export async function listEnvironments(): Promise<StoredEnvironment[]> {
  const found: StoredEnvironment[] = [];
  const environments = await environmentsDirectory();
  for (const id of await readdir(environments)) {
    const directory = join(environments, id);
    const marker = await readMarker(directory);
    if (marker === undefined) continue;
    const { version, packages } = marker;
    const { mtime: builtAt } = await stat(markerFile(directory));
    found.push({ id, directory, version, packages, builtAt });
  }
  return found;
}

/** The ID of the environment that contains a path. */
export async function environmentIdOf(path: string): Promise<string | undefined> {
  const [id = ""] = relative(await environmentsDirectory(), path).split(sep);
  return id === "" || id === ".." ? undefined : id;
}

/** Removes an environment unless it is in use or being built; returns whether it was removed. */
export async function removeEnvironment(
  { directory }: StoredEnvironment,
  isUsed: () => Promise<boolean>,
): Promise<boolean> {
  if (await isUsed()) return false;
  const { executable } = await findPython();
  await using lock = await tryLockFile(`${directory}.lock`, executable);
  if (lock === undefined) return false;
  // No process can find the environment now, and those that found it before have recorded their use.
  const hidden = join(directory, `${basename(markerFile(directory))}.removed`);
  await rename(markerFile(directory), hidden);
  if (await isUsed()) {
    await rename(hidden, markerFile(directory));
    return false;
  }
  await removeTree(directory);
  return true;
}
