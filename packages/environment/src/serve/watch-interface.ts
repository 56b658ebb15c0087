import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { digestOf, readInterfaceFiles } from "./interface-files.ts";

// Polling also works on network file systems, and when the kernel's limit of watches is reached.
const pollMs = 200;

/**
 * Yields once at the start, and then whenever an interface file, or a file next to it that it imports, is edited,
 * created or removed. Serve the file after each yield: edits during loading are noticed too.
 */
export async function* watchInterface(
  file: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<void, void> {
  const source = resolve(file);
  let files = [source];
  let served: string | undefined;
  let isFirst = true;
  try {
    while (!signal?.aborted) {
      // Read before the files, so that an edit in between is noticed.
      const filesBefore = await stateOf(files);
      const foldersBefore = await stateOf(foldersOf(files));
      const contents = await readInterfaceFiles(source, signal).catch(() => undefined);
      signal?.throwIfAborted();
      const digest = contents && digestOf(contents);
      if (isFirst || digest !== served) yield;
      isFirst = false;
      served = digest;
      if (contents !== undefined) files = [...contents.keys()].map((path) => join(dirname(source), path));
      let now = filesBefore;
      let before: string;
      // Saving may take several steps; wait until the files no longer change.
      do {
        before = now;
        await setTimeout(pollMs, undefined, { signal });
        now = await stateOf(files);
      } while (
        now !== before ||
        // Also notice new files, such as a module that could not be imported.
        (now === filesBefore && (await stateOf(foldersOf(files))) === foldersBefore)
      );
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

function foldersOf(files: readonly string[]): string[] {
  return [...new Set(files.map((file) => dirname(file)))];
}

/** A fingerprint of files; changes with every edit, even if the editor replaces the file. */
async function stateOf(paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return `${path} ${found?.ino} ${found?.size} ${found?.mtimeNs}`;
  });
  return (await Promise.all(states)).join("\n");
}
