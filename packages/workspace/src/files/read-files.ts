import { readFile } from "node:fs/promises";
import { SeerError, type WalkOptions, walk } from "@seer/config";
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

/** A file in a directory: its path in the directory, and its absolute path with links resolved. */
export interface ListedFile {
  readonly path: string;
  readonly realPath: string;
}

/**
 * Lists all files below a directory, in a fixed order.
 *
 * @throws SeerError `workspace/unreadable`, or `config/link-outside` for a link to a target outside the directory
 */
export async function listFiles(directory: string, options: WalkOptions = {}): Promise<ListedFile[]> {
  const files: ListedFile[] = [];
  try {
    for await (const { isDirectory, ...file } of walk(directory, options)) if (!isDirectory) files.push(file);
    return files;
  } catch (cause) {
    throw SeerError.isInstance(cause) ? cause : unreadable(directory, cause);
  }
}

/** Reads all files below a directory, by relative path. */
export async function readFiles(
  directory: string,
  options: WalkOptions = {},
): Promise<Record<string, FileContent>> {
  const files: Record<string, FileContent> = {};
  for (const { path, realPath } of await listFiles(directory, options))
    files[path] = await readContent(realPath);
  return files;
}

function unreadable(path: string, cause: unknown) {
  return new SeerError<WorkspaceErrorCode>(
    "workspace/unreadable",
    `${path} cannot be read: ${(cause as Error).message}`,
    { cause },
  );
}
