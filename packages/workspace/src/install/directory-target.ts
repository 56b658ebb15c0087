import { randomUUID } from "node:crypto";
import { mkdir, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { SeerError, type WriteTarget } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";

/**
 * A directory on this machine as a target, with paths relative to it or absolute inside it.
 *
 * What it makes is readable by this user only, since libraries carry tokens.
 *
 * @throws SeerError `workspace/unsafe-path` for anything outside the directory, also through symbolic links
 */
export function directoryTarget(directory: string): WriteTarget {
  const root = resolve(directory);

  const ensureDir = async (path: string): Promise<void> => {
    const wanted = contained(root, resolve(root, path), path);
    await mkdir(root, { recursive: true, mode: 0o700 });
    const realRoot = await realpath(root);
    // The nearest existing directory tells where the new ones would really be made.
    contained(realRoot, await realpath(await nearestExisting(wanted)), path);
    await mkdir(wanted, { recursive: true, mode: 0o700 });
  };

  return {
    ensureDir,
    async writeFile(path, content) {
      const wanted = contained(root, resolve(root, path), path);
      await ensureDir(dirname(wanted));
      // Renaming replaces a symbolic link instead of writing to where it points, and readers never see half a file.
      const temporary = `${wanted}.${randomUUID()}.tmp`;
      try {
        await writeFile(temporary, content, { mode: 0o600, flag: "wx" });
        await rename(temporary, wanted);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

async function nearestExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return nearestExisting(dirname(path));
  }
}

function contained(root: string, path: string, asWritten: string): string {
  const below = relative(root, path);
  if (below === ".." || below.startsWith("../") || isAbsolute(below)) {
    throw new SeerError<WorkspaceErrorCode>(
      "workspace/unsafe-path",
      `${asWritten} is outside the directory ${root}`,
    );
  }
  return path;
}
