import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { SeerError, type WriteTarget } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import { openBeneath } from "./open-beneath.ts";

/**
 * Creates a target that writes to a local directory. Paths are relative to it, or absolute paths inside it.
 *
 * Only the current user can read the files, because libraries contain tokens.
 *
 * @throws SeerError `workspace/unsafe-path` for paths outside the directory, also through symbolic links
 */
export function directoryTarget(directory: string): WriteTarget {
  const root = resolve(directory);

  const openDirectory = async (path: string) => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return await openBeneath(root, namesBelow(root, path));
  };

  return {
    async ensureDir(path) {
      await using _made = await openDirectory(path);
    },
    async writeFile(path, content) {
      const wanted = resolve(root, path);
      if (namesBelow(root, path).length === 0) throw outside(path, root);
      await using parent = await openDirectory(dirname(wanted));
      // Renaming replaces a symbolic link instead of following it, and readers never see a partial file.
      const temporary = join(parent.path, `${basename(wanted)}.${randomUUID()}.tmp`);
      try {
        await writeFile(temporary, content, { mode: 0o600, flag: "wx" });
        await rename(temporary, join(parent.path, basename(wanted)));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    },
  };
}

/** Splits a path below `root` into its parts. */
function namesBelow(root: string, path: string): string[] {
  const below = relative(root, resolve(root, path));
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) throw outside(path, root);
  return below.split(sep).filter((name) => name !== "");
}

function outside(path: string, root: string): SeerError<WorkspaceErrorCode> {
  return new SeerError("workspace/unsafe-path", `${path} is outside the directory ${root}`);
}
