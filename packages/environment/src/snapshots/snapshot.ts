import type { Backend as BackendName } from "@seer/config";
import { noteUse } from "@seer/system";
import { EnvironmentError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import type { SnapshotRecord } from "../runtime/snapshot-record.ts";
import { listSnapshotRecords, readSnapshotRecord } from "../runtime/snapshot-store.ts";

/** The saved files of a sandbox. It is kept until it is removed. */
export interface Snapshot {
  readonly id: string;
  readonly description: string;
  readonly createdAt: Date;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  /** The sandbox whose files it contains. */
  readonly sandbox: { readonly id: string; readonly name: string };
  /** Total size of its files, if known. They may share disk space with other files. */
  readonly bytes?: number | undefined;
  /** Files and directories that are missing because they could not be read; at most 20 per directory. */
  readonly leftOut: readonly string[];
}

export function snapshotOf({ content, createdAt, ...record }: SnapshotRecord): Snapshot {
  const { id, description, backend, kind, sandbox } = record;
  return {
    id,
    description,
    createdAt: new Date(createdAt),
    backend,
    kind,
    sandbox: { id: sandbox.id, name: sandbox.name },
    ...(content.kind === "directory" ? { bytes: content.bytes } : {}),
    leftOut: content.kind === "directory" ? (content.leftOut ?? []) : [],
  };
}

/** @throws EnvironmentError `environment/snapshot-not-found`, with the existing snapshots */
export async function findSnapshot(snapshot: { readonly id: string } | string): Promise<SnapshotRecord> {
  const id = typeof snapshot === "string" ? snapshot : snapshot.id;
  const record = await readSnapshotRecord(id);
  if (record !== undefined) return record;
  const kept = (await listSnapshotRecords()).map((other) => other.id);
  throw new EnvironmentError("environment/snapshot-not-found", `Snapshot ${id} does not exist`, {
    hint:
      kept.length === 0
        ? "This machine has no snapshots."
        : `This machine has the snapshots ${kept.join(", ")}.`,
  });
}

/** Finds a snapshot to start from, and records its use. */
export async function useSnapshot(snapshot: { readonly id: string } | string): Promise<SnapshotRecord> {
  const { id } = await findSnapshot(snapshot);
  await noteUse(id);
  // The snapshot may have been removed before its use was recorded.
  return await findSnapshot(id);
}
