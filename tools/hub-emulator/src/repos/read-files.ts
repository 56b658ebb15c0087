import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** Files by their path in a repo. */
export type RepoFiles = Readonly<Record<string, string | Uint8Array>>;

/** The files of a repo: given as they are, or everything below a directory. */
export async function readFiles(source: string | RepoFiles): Promise<Map<string, Buffer>> {
  if (typeof source !== "string") {
    return new Map(Object.entries(source).map(([path, content]) => [path, Buffer.from(content as string)]));
  }
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, Buffer>();
  for (const path of paths.sort())
    files.set(relative(source, path).split(sep).join("/"), await readFile(path));
  return files;
}
