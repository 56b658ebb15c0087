import type { Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { type ConfigErrorCode, SeerError } from "./errors.ts";
import { isWithin } from "./is-within.ts";

/** A file or directory below the root of a walk. */
export interface TreeEntry {
  /** Path relative to the root, with `/` as the separator. */
  readonly path: string;
  /** Absolute path with all links resolved. */
  readonly realPath: string;
  readonly isDirectory: boolean;
}

export interface WalkOptions {
  /** Names of files and directories to leave out. */
  ignore?: ((name: string) => boolean) | undefined;
}

/**
 * Yields the regular files and directories below a directory, sorted by name. Links to targets inside the directory are
 * followed; broken links and links to a parent are skipped. A snapshot in the hub's cache may also link to its blobs.
 *
 * @throws SeerError `config/link-outside` for a link to a target outside the directory, and `config/unreadable` for a
 *   name that is not UTF-8
 */
export async function* walk(root: string, options: WalkOptions = {}): AsyncGenerator<TreeEntry, void> {
  const realRoot = await realpath(root);
  yield* below({ ...options, root, realRoot }, "", [realRoot]);
}

/**
 * Returns the real path of the file or directory `path` in the directory `root`.
 *
 * @throws SeerError `config/link-outside` if the real path is outside the directory
 */
export async function realPathInside(root: string, path: string): Promise<string> {
  const realPath = await realpath(join(root, path));
  checkInside({ root, realRoot: await realpath(root) }, path, realPath);
  return realPath;
}

interface Tree extends WalkOptions {
  readonly root: string;
  readonly realRoot: string;
}

async function* below(tree: Tree, prefix: string, above: readonly string[]): AsyncGenerator<TreeEntry, void> {
  const directory = above.at(-1) ?? tree.realRoot;
  for (const name of (await readdir(directory)).toSorted()) {
    if (tree.ignore?.(name)) continue;
    const path = `${prefix}${name}`;
    const found = await find(tree, path, join(directory, name));
    if (found === undefined) continue;
    const { realPath, status } = found;
    if (status.isFile()) yield { path, realPath, isDirectory: false };
    if (!status.isDirectory() || above.includes(realPath)) continue;
    yield { path, realPath, isDirectory: true };
    yield* below(tree, `${path}/`, [...above, realPath]);
  }
}

async function find(
  tree: Tree,
  path: string,
  absolutePath: string,
): Promise<{ realPath: string; status: Stats } | undefined> {
  try {
    const status = await lstat(absolutePath);
    if (!status.isSymbolicLink()) return { realPath: absolutePath, status };
    const realPath = await realpath(absolutePath);
    checkInside(tree, path, realPath);
    return { realPath, status: await stat(realPath) };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!brokenLinkCodes.has(code)) throw error;
    if (path.includes("\ufffd")) throw notText(join(tree.root, path));
    return undefined;
  }
}

const brokenLinkCodes: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

function checkInside({ root, realRoot }: Tree, path: string, realPath: string): void {
  const cached = hubSnapshot.exec(realRoot)?.[1];
  if (isWithin(realPath, realRoot) || (cached !== undefined && isWithin(realPath, `${cached}/blobs`))) return;
  throw new SeerError<ConfigErrorCode>(
    "config/link-outside",
    `${join(root, path)} is a link to ${realPath}, which is not in ${root}`,
    {
      hint: "Links may only point to files inside the directory: replace the link with a copy of its target, or pass the target separately.",
    },
  );
}

const hubSnapshot = /^(.*\/(?:models|datasets|spaces)--[^/]+)\/snapshots\/[^/]+(?:\/|$)/;

function notText(path: string): SeerError {
  return new SeerError<ConfigErrorCode>("config/unreadable", `The name of ${path} is not UTF-8`, {
    hint: "Rename the file; `\ufffd` marks the invalid bytes in its name.",
  });
}
