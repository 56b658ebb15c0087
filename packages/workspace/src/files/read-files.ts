import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import { decodeContent, type FileContent } from "./file-content.ts";

/**
 * Reads one file.
 *
 * @throws SeerError `workspace/unreadable`
 */
export async function readContent(path: string): Promise<FileContent> {
  try {
    return decodeContent(await readFile(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

export interface ListOptions {
  /** Names of files and directories to leave out. */
  ignore?: (name: string) => boolean;
}

/**
 * The paths of all files under a directory, relative to it and sorted; symbolic links count as what they point to.
 *
 * @throws SeerError `workspace/unreadable`
 */
export async function listFiles(directory: string, options: ListOptions = {}): Promise<string[]> {
  const paths: string[] = [];
  try {
    await walk(directory, "", new Set(), options, paths);
  } catch (cause) {
    throw unreadable(directory, cause);
  }
  return paths.sort();
}

/** Reads all files under a directory, by their path relative to it. */
export async function readFiles(
  directory: string,
  options: ListOptions = {},
): Promise<Record<string, FileContent>> {
  const files: Record<string, FileContent> = {};
  for (const path of await listFiles(directory, options))
    files[path] = await readContent(join(directory, path));
  return files;
}

async function walk(
  directory: string,
  prefix: string,
  above: ReadonlySet<string>,
  options: ListOptions,
  paths: string[],
): Promise<void> {
  // A link to a directory above would be followed for ever.
  const here = await realpath(directory);
  if (above.has(here)) return;
  const aboveChildren = new Set([...above, here]);
  for (const name of await readdir(directory)) {
    if (options.ignore?.(name)) continue;
    const path = join(directory, name);
    const status = await stat(path);
    if (status.isDirectory()) await walk(path, `${prefix}${name}/`, aboveChildren, options, paths);
    else if (status.isFile()) paths.push(`${prefix}${name}`);
  }
}

function unreadable(path: string, cause: unknown) {
  return new SeerError<WorkspaceErrorCode>(
    "workspace/unreadable",
    `${path} cannot be read: ${(cause as Error).message}`,
    { cause },
  );
}
