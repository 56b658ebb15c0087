import type { Stats } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** One file, directory or link with the fields that the SDK reads. */
export async function describeEntry(path: string): Promise<Record<string, unknown>> {
  const stats = await lstat(path);
  return {
    name: basename(path),
    path,
    type: typeOf(stats),
    size: stats.size,
    mode: stats.mode & 0o7777,
    permissions: permissionsOf(stats),
    owner: String(stats.uid),
    group: String(stats.gid),
    modified_time: stats.mtimeMs / 1000,
    symlink_target: stats.isSymbolicLink() ? await readlink(path) : null,
  };
}

function typeOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "symlink";
  return stats.isDirectory() ? "directory" : "file";
}

function permissionsOf(stats: Stats): string {
  const letters = "rwxrwxrwx";
  return Array.from(letters, (letter, bit) => (stats.mode & (1 << (8 - bit)) ? letter : "-")).join("");
}
