import { rename } from "node:fs/promises";
import {
  forgetLastUse,
  installerCaches,
  listEnvironments,
  removedCaches,
  removeEnvironment,
  removeTree,
  usersOf,
} from "@seer/system";
import { listCachedModels, removeCachedModel } from "../models/hub-cache.ts";
import { readSnapshotRecord } from "../runtime/snapshot-store.ts";
import { removeSnapshot } from "../snapshots/take-snapshot.ts";
import type { StorageKind, StoredItem } from "./stored-item.ts";

/** Removes a stored item unless it is in use or already removed; returns whether it was removed. */
export async function removeStored({ kind, id }: StoredItem): Promise<boolean> {
  const isRemoved = await removals[kind](id, async () => (await usersOf(id)).length > 0);
  if (isRemoved) await forgetLastUse(id);
  return isRemoved;
}

type Removal = (id: string, isUsed: () => Promise<boolean>) => Promise<boolean>;

const removals: Record<StorageKind, Removal> = {
  environments: async (id, isUsed) => {
    const environment = (await listEnvironments()).find((other) => other.id === id);
    return environment !== undefined && (await removeEnvironment(environment, isUsed));
  },
  downloads: async (_id, isUsed) => {
    if (await isUsed()) return false;
    const removed = removedCaches();
    await removeTree(removed);
    await rename(installerCaches(), removed);
    // An installer may have started meanwhile. The caches are kept for it, unless it has already created new ones.
    if ((await isUsed()) && (await isRenamed(removed, installerCaches()))) return false;
    await removeTree(removed);
    return true;
  },
  models: async (id, isUsed) => {
    const model = (await listCachedModels()).find((other) => other.id === id);
    return model !== undefined && (await removeCachedModel(model, isUsed));
  },
  snapshots: async (id, isUsed) => {
    const record = await readSnapshotRecord(id);
    if (record === undefined || (await isUsed())) return false;
    await removeSnapshot(record);
    return true;
  },
};

async function isRenamed(from: string, to: string): Promise<boolean> {
  return await rename(from, to).then(
    () => true,
    () => false,
  );
}
