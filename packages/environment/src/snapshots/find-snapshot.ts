import type { SnapshotRecord } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { listSnapshotRecords, readSnapshotRecord } from "./snapshot-store.ts";

/** @throws EnvironmentError `environment/snapshot-not-found`, naming those that there are */
export async function findSnapshot(snapshot: { readonly id: string } | string): Promise<SnapshotRecord> {
  const id = typeof snapshot === "string" ? snapshot : snapshot.id;
  const record = await readSnapshotRecord(id);
  if (record !== undefined) return record;
  const kept = (await listSnapshotRecords()).map((other) => other.id);
  throw new EnvironmentError("environment/snapshot-not-found", `There is no snapshot ${id}`, {
    hint: kept.length === 0 ? "None is kept on this machine." : `Kept on this machine: ${kept.join(", ")}.`,
  });
}
