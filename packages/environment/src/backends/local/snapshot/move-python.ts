import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { putFile } from "../python/put-file.ts";
import { type Moves, movePaths } from "./restore.ts";

// What installers write paths into; beside commands, which name their interpreter.
const named = /(\.pth|\.egg-link|^direct_url\.json|^__editable__.*\.py)$/;

/** Makes what was installed in a sandbox work where its files are now. */
export async function movePython(directory: string, moves: Moves): Promise<void> {
  if (moves.length === 0) return;
  for await (const path of filesBelow(directory)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isCommand = path.startsWith(join(directory, "bin/"));
    if (!isCommand && !named.test(name)) continue;
    const content = await readFile(path);
    // Neither a program's machine code nor anything else that is no text.
    if (content.includes(0)) continue;
    const text = content.toString("utf8");
    const moved = movePaths(text, moves);
    if (moved !== text) await putFile(path, moved, (await stat(path)).mode & 0o777);
  }
}

/** Links are no files: a sandbox may have left some that lead anywhere. */
async function* filesBelow(directory: string): AsyncGenerator<string, void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
