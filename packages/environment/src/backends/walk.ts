import { readdir, realpath, stat } from "node:fs/promises";
import { join, relative } from "node:path";

export interface Entry {
  /** Relative to where the walk began. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** Everything in a directory, through links too, but for those that lead nowhere or back up. */
export async function* walk(root: string): AsyncGenerator<Entry, void> {
  yield* below(root, root, [await realpath(root)]);
}

async function* below(
  root: string,
  directory: string,
  above: readonly string[],
): AsyncGenerator<Entry, void> {
  for (const name of (await readdir(directory)).toSorted()) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const isDirectory = found.isDirectory();
    const real = isDirectory ? await realpath(path) : path;
    if (above.includes(real)) continue;
    yield { path: relative(root, path), isDirectory };
    if (isDirectory) yield* below(root, path, [...above, real]);
  }
}
