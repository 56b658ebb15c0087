import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import type { Machine, TreeEntry } from "./backend.ts";
import { walk } from "./walk.ts";

/** Copies a file of this machine into a sandbox, however large it is. */
export async function uploadFile(machine: Machine, from: string, to: string): Promise<void> {
  const { content, executable } = await fileAt(from);
  await machine.writeFile(to, content, { executable });
}

/** Copies a directory of this machine into a sandbox, what its links lead to included. */
export async function uploadDirectory(
  machine: Machine,
  from: string,
  to: string,
  signal?: AbortSignal | undefined,
): Promise<void> {
  await machine.writeTree(entriesOf(from, to, signal));
}

async function* entriesOf(
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeEntry, void> {
  yield { path: to };
  for await (const { path, isDirectory } of walk(from)) {
    signal?.throwIfAborted();
    const target = posix.join(to, ...path.split(sep));
    yield isDirectory ? { path: target } : { path: target, file: await fileAt(join(from, path)) };
  }
}

async function fileAt(path: string) {
  const { mode } = await stat(path);
  return { content: createReadStream(path), executable: (mode & 0o111) !== 0 };
}
