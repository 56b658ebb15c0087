import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findPython } from "@seer/rpc/launch";
import { tryLockFile } from "../file-lock.ts";
import { removeTree } from "../remove-tree.ts";
import { environmentsDirectory } from "../seer-home.ts";
import { isBuilt } from "./python-environment.ts";

/** Removes environments, and their locks, whose build was killed. */
export async function removeUnfinishedEnvironments(): Promise<void> {
  const directory = await environmentsDirectory();
  const names: string[] = await readdir(directory).catch(() => []);
  for (const name of new Set(names.map((entry) => entry.replace(/\.lock$/, "")))) {
    const path = join(directory, name);
    if (!names.includes(`${name}.lock`) && (await isBuilt(path))) continue;
    const python = await findPython().catch(() => undefined);
    if (python === undefined) return;
    await using lock = await tryLockFile(`${path}.lock`, python.executable);
    // Another process may have built it before the lock was taken.
    if (lock !== undefined && !(await isBuilt(path))) await removeTree(path);
  }
}
