import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { walk } from "@seer/config";
import type { SandboxInstance } from "../../../runtime/sandbox-instance.ts";
import { runIn } from "./run-in-instance.ts";

export interface UploadOptions {
  onBytes: (progress: { bytes: number; total: number; seconds: number }) => void;
  signal?: AbortSignal | undefined;
}

const concurrency = 4;
const chunkBytes = 1024 * 1024;

/**
 * Copies a directory of this machine into a volume for exactly this content. After an interruption, complete files are
 * not sent again.
 */
export async function uploadWeights(
  instance: SandboxInstance,
  directory: string,
  target: string,
  { onBytes, signal }: UploadOptions,
): Promise<void> {
  await instance.ensureDir(target);
  const missing = await missingFiles(directory, await sizesAt(instance, target, signal));
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  const began = performance.now();
  let bytes = 0;
  const queue = missing.values();
  async function* chunksOf(realPath: string) {
    for await (const chunk of createReadStream(realPath, { highWaterMark: chunkBytes })) {
      signal?.throwIfAborted();
      yield chunk as Buffer;
      bytes += (chunk as Buffer).length;
      onBytes({ bytes, total, seconds: (performance.now() - began) / 1000 });
    }
  }
  const send = async () => {
    for (const { path, realPath } of queue) {
      signal?.throwIfAborted();
      await instance.writeFile(posix.join(target, path), chunksOf(realPath));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, send));
}

async function missingFiles(directory: string, existing: ReadonlyMap<string, number>) {
  const missing: { path: string; realPath: string; size: number }[] = [];
  for await (const { path, realPath, isDirectory } of walk(directory)) {
    if (isDirectory) continue;
    const { size } = await stat(realPath);
    // A partial file has a different size.
    if (existing.get(path) !== size) missing.push({ path, realPath, size });
  }
  return missing;
}

async function sizesAt(
  instance: SandboxInstance,
  target: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const output = await runIn(instance, ["find", target, "-type", "f", "-printf", "%s %P\\0"], signal);
  const entries = output.split("\0").filter((entry) => entry !== "");
  return new Map(
    entries.map((entry) => {
      const space = entry.indexOf(" ");
      return [entry.slice(space + 1), Number(entry.slice(0, space))];
    }),
  );
}
