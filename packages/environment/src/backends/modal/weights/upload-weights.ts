import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import type { Machine } from "../../backend.ts";
import { walk } from "../../walk.ts";
import { runIn } from "./run-in.ts";

export interface UploadOptions {
  onBytes: (progress: { bytes: number; total: number; seconds: number }) => void;
  signal?: AbortSignal | undefined;
}

const atOnce = 4;
const pieceBytes = 1024 * 1024;

/**
 * Copies a directory of this machine into a volume that is for this very content: what is there already, from an upload
 * that was broken off, is not sent again.
 */
export async function uploadWeights(
  machine: Machine,
  directory: string,
  target: string,
  { onBytes, signal }: UploadOptions,
): Promise<void> {
  await machine.ensureDir(target);
  const missing = await missingFiles(directory, await sizesAt(machine, target, signal));
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  const began = performance.now();
  let bytes = 0;
  const queue = missing.values();
  async function* piecesOf(path: string) {
    for await (const piece of createReadStream(join(directory, path), { highWaterMark: pieceBytes })) {
      signal?.throwIfAborted();
      yield piece as Buffer;
      bytes += (piece as Buffer).length;
      onBytes({ bytes, total, seconds: (performance.now() - began) / 1000 });
    }
  }
  const send = async () => {
    for (const { path } of queue) {
      signal?.throwIfAborted();
      await machine.writeFile(posix.join(target, ...path.split(sep)), piecesOf(path));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
}

async function missingFiles(directory: string, there: ReadonlyMap<string, number>) {
  const missing: { path: string; size: number }[] = [];
  for await (const { path, isDirectory } of walk(directory)) {
    if (isDirectory) continue;
    const { size } = await stat(join(directory, path));
    // Half a file is none there.
    if (there.get(path.split(sep).join("/")) !== size) missing.push({ path, size });
  }
  return missing;
}

async function sizesAt(
  machine: Machine,
  target: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const output = await runIn(machine, ["find", target, "-type", "f", "-printf", "%s %P\\0"], signal);
  const entries = output.split("\0").filter((entry) => entry !== "");
  return new Map(
    entries.map((entry) => {
      const space = entry.indexOf(" ");
      return [entry.slice(space + 1), Number(entry.slice(0, space))];
    }),
  );
}
