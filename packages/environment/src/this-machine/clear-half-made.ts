import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { findPython } from "@seer/rpc/launch";
import { removeTree } from "../remove-tree.ts";
import { environmentsDirectory } from "../seer-home.ts";
import { tryLockFile } from "./file-lock.ts";
import { isBuilt } from "./python-environment.ts";

/** Removes the environments that were being built by processes that were killed, and their locks. */
export async function clearHalfMade(): Promise<void> {
  const directory = environmentsDirectory();
  const names: string[] = await readdir(directory).catch(() => []);
  for (const name of new Set(names.map((entry) => entry.replace(/\.lock$/, "")))) {
    const path = join(directory, name);
    if (!names.includes(`${name}.lock`) && (await isBuilt(path))) continue;
    const python = await findPython().catch(() => undefined);
    if (python === undefined) return;
    await using lock = await tryLockFile(`${path}.lock`, python.executable);
    // Looked for again: somebody may have built it until now.
    if (lock !== undefined && !(await isBuilt(path))) await removeTree(path);
  }
}
