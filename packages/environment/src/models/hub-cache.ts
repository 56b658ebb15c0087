import { readdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { lastUseOf, removeTree, usersOf } from "@seer/system";

/** The cache directory of `huggingface_hub`, which other programs use too. */
export function hubCache(): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  if (HF_HUB_CACHE) return HF_HUB_CACHE;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return join(home, "hub");
}

/** The name of a model's directory in the cache, which is also its ID for `noteUse`. */
export function cacheName(model: string): string {
  return `models--${model.replaceAll("/", "--")}`;
}

export interface CachedModel {
  /** The ID for `noteUse`. */
  readonly id: string;
  /** The name on the hub, such as `google/gemma-2-9b`. */
  readonly name: string;
  readonly directory: string;
}

const removedPrefix = ".seer-removed-";

/** The models in the cache that sandboxes have used. Models that only other programs use are not listed. */
export async function listCachedModels(): Promise<CachedModel[]> {
  const models: CachedModel[] = [];
  for (const id of await readdir(hubCache()).catch(() => [])) {
    if (!id.startsWith("models--") || (await lastUseOf(id)) === undefined) continue;
    const name = id.slice("models--".length).replace("--", "/");
    models.push({ id, name, directory: join(hubCache(), id) });
  }
  return models;
}

/** Removes what a process that was killed while it removed a model has left. */
export async function removeLeftModels(): Promise<void> {
  for (const name of await readdir(hubCache()).catch(() => [])) {
    if (!name.startsWith(removedPrefix)) continue;
    const isUsed = (await usersOf(name.slice(removedPrefix.length))).length > 0;
    if (!isUsed) await removeTree(join(hubCache(), name));
  }
}

/** Removes a model from the cache unless a sandbox uses it; returns whether it was removed. */
export async function removeCachedModel(
  { directory }: CachedModel,
  isUsed: () => Promise<boolean>,
): Promise<boolean> {
  if (await isUsed()) return false;
  // No process can find the model now, and those that found it before have recorded their use.
  const removed = join(dirname(directory), `${removedPrefix}${basename(directory)}`);
  await removeTree(removed);
  await rename(directory, removed);
  if (await isUsed()) {
    await rename(removed, directory);
    return false;
  }
  await removeTree(removed);
  return true;
}
