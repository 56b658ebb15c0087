import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import type { Machine } from "./backend.ts";
import { walk } from "./walk.ts";

/** Copies a file of this machine into a sandbox, however large it is. */
export async function uploadFile(machine: Machine, from: string, to: string): Promise<void> {
  const { mode } = await stat(from);
  await machine.writeFile(to, createReadStream(from), { executable: (mode & 0o111) !== 0 });
}

/** Copies a directory of this machine into a sandbox, what its links lead to included. */
export async function uploadDirectory(
  machine: Machine,
  from: string,
  to: string,
  signal?: AbortSignal | undefined,
): Promise<void> {
  await machine.ensureDir(to);
  for await (const { path, isDirectory } of walk(from)) {
    signal?.throwIfAborted();
    const target = posix.join(to, ...path.split(sep));
    if (isDirectory) await machine.ensureDir(target);
    else await uploadFile(machine, join(from, path), target);
  }
}
