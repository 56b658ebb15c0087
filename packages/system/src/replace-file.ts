import { lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

// Safe in directories restored from a snapshot: links that a sandbox left there are replaced, never followed.

/** Makes a directory below `root`, replacing anything on its path that is not a directory. */
export async function makeDirectoryBelow(root: string, path: string): Promise<void> {
  let directory = root;
  for (const part of path.split("/")) {
    directory = join(directory, part);
    const found = await lstat(directory).catch(() => undefined);
    if (found?.isDirectory()) continue;
    await rm(directory, { force: true });
    await mkdir(directory);
  }
}

/** Writes a file, replacing whatever is at `path`. */
export async function replaceFile(path: string, content: string, mode = 0o644): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, content, { flag: "wx", mode });
}

/** Makes a symbolic link, replacing whatever is at `path`. */
export async function replaceLink(target: string, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}
