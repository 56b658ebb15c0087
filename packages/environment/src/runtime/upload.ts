import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { walk } from "@seer/config";
import type { SandboxInstance, TreeEntry } from "./sandbox-instance.ts";

/** Copies a file of any size into a sandbox. */
export async function uploadFile(instance: SandboxInstance, from: string, to: string): Promise<void> {
  const { content, executable } = await fileAt(from);
  await instance.writeFile(to, content, { executable });
}

/**
 * Copies a directory into a sandbox, following the links that stay inside it.
 *
 * @throws SeerError `config/link-outside`
 */
export async function uploadDirectory(
  instance: SandboxInstance,
  from: string,
  to: string,
  signal?: AbortSignal | undefined,
): Promise<void> {
  await instance.writeTree(entriesOf(from, to, signal));
}

async function* entriesOf(
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TreeEntry, void> {
  yield { path: to };
  for await (const { path, realPath, isDirectory } of walk(from)) {
    signal?.throwIfAborted();
    const target = posix.join(to, path);
    yield isDirectory ? { path: target } : { path: target, file: await fileAt(realPath) };
  }
}

async function fileAt(path: string) {
  const { mode } = await stat(path);
  return { content: createReadStream(path), executable: (mode & 0o111) !== 0 };
}
