import { existsSync } from "node:fs";
import {
  diskUsage,
  installerCaches,
  installerCachesId,
  lastUseOf,
  listEnvironments,
  removedCaches,
  removeTree,
  removeUnfinishedEnvironments,
  usersOf,
} from "@seer/system";
import { listCachedModels, removeLeftModels } from "../models/hub-cache.ts";
import type { SnapshotRecord } from "../runtime/snapshot-record.ts";
import { listSnapshotRecords, snapshotDirectory } from "../runtime/snapshot-store.ts";
import type { StorageKind, StoredItem } from "./stored-item.ts";

/** Lists stored items with their sizes and users. Measuring the sizes reads all their directories. */
export async function listStored(kinds: readonly StorageKind[]): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  for (const kind of new Set(kinds)) items.push(...(await listings[kind]()));
  return items;
}

const listings: Record<StorageKind, () => Promise<StoredItem[]>> = {
  environments: async () => {
    await removeUnfinishedEnvironments();
    const environments = await listEnvironments();
    return await Promise.all(
      environments.map(async ({ id, directory, version, packages, builtAt }) => ({
        kind: "environments",
        id,
        description: `Python ${version}${packages.length === 0 ? "" : ` with ${packages.join(", ")}`}`,
        ...(await stateOf(id, directory, builtAt)),
      })),
    );
  },
  downloads: async () => {
    const directory = installerCaches();
    // Left by a process that was killed while it removed them.
    if ((await usersOf(installerCachesId)).length === 0) await removeTree(removedCaches());
    if (!existsSync(directory)) return [];
    const state = await stateOf(installerCachesId, directory);
    return [
      {
        kind: "downloads",
        id: installerCachesId,
        description: "packages, as pip and uv keep them",
        ...state,
      },
    ];
  },
  models: async () => {
    await removeLeftModels();
    return await Promise.all(
      (await listCachedModels()).map(async ({ id, name, directory }) => ({
        kind: "models",
        id,
        description: name,
        ...(await stateOf(id, directory)),
      })),
    );
  },
  snapshots: async () =>
    await Promise.all(
      (await listSnapshotRecords()).map(async (record) => ({
        kind: "snapshots",
        id: record.id,
        description: describeSnapshot(record),
        ...(await stateOf(record.id, snapshotDirectory(record.id), new Date(record.createdAt))),
      })),
    ),
};

async function stateOf(id: string, directory: string, madeAt?: Date) {
  const [bytes, lastUse, usedBy] = await Promise.all([diskUsage(directory), lastUseOf(id), usersOf(id)]);
  return { bytes, lastUsedAt: lastUse ?? madeAt, usedBy };
}

function describeSnapshot({ id, backend, description, sandbox }: SnapshotRecord): string {
  const place = backend === "local" ? "" : `, on ${backend}`;
  return `${id} of ${sandbox.name}${description === "" ? "" : `: ${description}`}${place}`;
}
