import type { TreeEntry } from "../backend.ts";

/** The same entries at other paths. */
export async function* withPaths(
  entries: AsyncIterable<TreeEntry>,
  change: (path: string) => string,
): AsyncGenerator<TreeEntry, void> {
  for await (const entry of entries) yield { ...entry, path: change(entry.path) };
}
