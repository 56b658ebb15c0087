import type { Backend as BackendName } from "@seer/config";
import type { SnapshotRecord } from "../backends/backend.ts";
import type { Plan } from "../plan/plan.ts";

/** The files of a sandbox as they were once. It is kept until it is removed. */
export interface Snapshot {
  readonly id: string;
  readonly description: string;
  readonly createdAt: Date;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  /** The sandbox that it was taken of. */
  readonly sandbox: { readonly id: string; readonly name: string };
  /** The size of its files, where it is known; they may share disk space with others. */
  readonly bytes?: number | undefined;
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
  };
}
