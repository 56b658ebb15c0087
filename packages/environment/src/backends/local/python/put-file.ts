import { lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

// For directories that came with a snapshot: a sandbox may have left links in them that lead anywhere.

/** Makes a directory below a root, where anything else that is on its way gives way. */
export async function putDirectory(root: string, path: string): Promise<void> {
  let directory = root;
  for (const part of path.split("/")) {
    directory = join(directory, part);
    const found = await lstat(directory).catch(() => undefined);
    if (found?.isDirectory()) continue;
    await rm(directory, { force: true });
    await mkdir(directory);
  }
}

/** Writes a file, in place of whatever has its name. */
export async function putFile(path: string, content: string, mode = 0o644): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await writeFile(path, content, { flag: "wx", mode });
}

/** Makes a link, in place of whatever has its name. */
export async function putLink(target: string, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await symlink(target, path);
}
