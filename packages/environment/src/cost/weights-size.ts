import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { cacheName, hubCache } from "../models/hub-cache.ts";
import type { ModelSource } from "../plan/plan.ts";

/** Returns the size of a model's weights, if it can be determined without network access. */
export async function weightsSize(source: ModelSource): Promise<number | undefined> {
  if (source.from === "directory") return await bytesInDirectory(source.directory);
  const cached = await cachedModel(source.id, source.revision);
  const known = [cached === undefined ? 0 : await bytesInDirectory(cached), bytesByName(source.id)];
  // The cache may be incomplete.
  const bytes = Math.max(...known.map((value) => value ?? 0));
  return bytes === 0 ? undefined : bytes;
}

/** Total size of the files that would be loaded: safetensors, or PyTorch files if there are none. */
async function bytesInDirectory(directory: string): Promise<number | undefined> {
  const names = await readdir(directory).catch(() => []);
  for (const kind of [/\.safetensors$/, /^pytorch_model.*\.bin$/]) {
    const sizes = names.filter((name) => kind.test(name)).map((name) => sizeOf(join(directory, name)));
    if (sizes.length > 0) return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
  }
  return undefined;
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

/** The directory of a model in the hub's local cache, which may be incomplete. */
export async function cachedModel(id: string, revision = "main"): Promise<string | undefined> {
  const model = join(hubCache(), cacheName(id));
  const commit = await readFile(join(model, "refs", revision), "utf8").catch(() => revision);
  const snapshot = join(model, "snapshots", commit.trim());
  const files = await readdir(snapshot).catch(() => []);
  return files.length === 0 ? undefined : snapshot;
}

// Matches `70B` in `Llama-3.1-70B-Instruct` and `8x7b` in `mixtral-8x7b`, but not `A3B` in `Qwen3-30B-A3B` or `4bit`.
const size = /(?<![A-Za-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)([bm])(?![A-Za-z0-9])/i;
const eightBit = /(?<![a-z0-9])(fp8|int8|8[-_]?bit|w8a\d+)(?![a-z0-9])/i;
const fourBit = /(?<![a-z0-9])(int4|4[-_]?bit|awq|gptq|nf4|fp4|nvfp4|w4a\d+)(?![a-z0-9])/i;

/** Estimates the size of weights from the number of parameters in a hub ID, at two bytes each unless quantized. */
export function bytesByName(id: string): number | undefined {
  const name = id.split("/").at(-1) ?? id;
  const found = size.exec(name);
  if (found === null) return undefined;
  const [, experts = "1", number, unit] = found;
  const parameters = Number(experts) * Number(number) * (unit?.toLowerCase() === "b" ? 1e9 : 1e6);
  const bytesEach = fourBit.test(name) ? 0.5 : eightBit.test(name) ? 1 : 2;
  return parameters * bytesEach;
}
