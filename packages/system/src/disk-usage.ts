import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The disk space of the files in a directory, in bytes. Files that are removed meanwhile may or may not be counted. */
export async function diskUsage(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += await diskUsage(path);
    else bytes += ((await lstat(path).catch(() => undefined))?.blocks ?? 0) * 512;
  }
  return bytes;
}
