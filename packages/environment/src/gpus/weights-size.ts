import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ModelSource } from "../plan/plan.ts";
import { cachedModel } from "./cached-model.ts";
import { bytesByName } from "./parameter-count.ts";

/** How large a model's weights are, as far as that can be told without asking anybody. */
export async function weightsSize(source: ModelSource): Promise<number | undefined> {
  if (source.from === "directory") return await bytesInDirectory(source.directory);
  const cached = await cachedModel(source.id, source.revision);
  const known = [cached === undefined ? 0 : await bytesInDirectory(cached), bytesByName(source.id)];
  // What was fetched may be a part of it.
  const bytes = Math.max(...known.map((value) => value ?? 0));
  return bytes === 0 ? undefined : bytes;
}

/** What would be loaded of a directory: its safetensors, else its older files of PyTorch. */
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
