import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";

/** An open directory, and a path that refers to it even if it is renamed. */
export interface OpenDirectory extends AsyncDisposable {
  readonly path: string;
}

const directoryWithoutLinks = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Opens a directory below `root`, and creates missing directories on the way. No symbolic link below `root` is followed:
 * code that can write there, such as an agent's, could replace a directory by a link after a check by path.
 *
 * @param below Directory names from `root` down.
 * @throws SeerError `workspace/unsafe-path` if one of them is a symbolic link or not a directory
 */
export async function openBeneath(root: string, below: readonly string[]): Promise<OpenDirectory> {
  let current = await opened(root, constants.O_RDONLY | constants.O_DIRECTORY);
  for (const [index, name] of below.entries()) {
    const path = join(current.path, name);
    try {
      await mkdir(path, { mode: 0o700 }).catch(ignoreExisting);
      const next = await opened(path, directoryWithoutLinks);
      await current[Symbol.asyncDispose]();
      current = next;
    } catch (error) {
      await current[Symbol.asyncDispose]();
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ELOOP" && code !== "ENOTDIR") throw error;
      const wanted = resolve(root, below.slice(0, index + 1).join(sep));
      throw new SeerError<WorkspaceErrorCode>(
        "workspace/unsafe-path",
        `${wanted} is a symbolic link or not a directory, so nothing can be written below it`,
        { hint: "Remove it, or choose another directory.", cause: error },
      );
    }
  }
  return current;
}

async function opened(path: string, flags: number): Promise<OpenDirectory> {
  if (process.platform === "linux") {
    const handle: FileHandle = await open(path, flags);
    return { path: `/proc/self/fd/${handle.fd}`, [Symbol.asyncDispose]: () => handle.close() };
  }
  // Other systems have no path for an open descriptor, so a link that is created later is followed.
  if ((flags & constants.O_NOFOLLOW) !== 0 && !(await lstat(path)).isDirectory()) {
    throw Object.assign(new Error(`${path} is not a directory`), { code: "ENOTDIR" });
  }
  return { path, [Symbol.asyncDispose]: async () => {} };
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
