import type { SandboxConfig } from "@seer/config";
import type { Machine, SnapshotRecord } from "../backends/backend.ts";
import { selectBackend } from "../backends/select-backend.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";
import { beginSnapshot, removeSnapshotFiles, writeSnapshotRecord } from "./snapshot-store.ts";

export interface TakeOptions {
  description: string;
  config: SandboxConfig;
  signal?: AbortSignal | undefined;
}

/** Keeps the files of a running machine; a snapshot that fails or is aborted leaves nothing. */
export async function takeSnapshot(machine: Machine, options: TakeOptions): Promise<Snapshot> {
  return snapshotOf(await takeFiles(machine, options, writeSnapshotRecord));
}

/** The same for this process alone: it is in no list, and gone with this process as far as it is on this machine. */
export async function takeUnlistedSnapshot(machine: Machine, options: TakeOptions): Promise<SnapshotRecord> {
  return await takeFiles(machine, { ...options, isUnlisted: true }, async () => {});
}

async function takeFiles(
  machine: Machine,
  { description, config, signal, isUnlisted }: TakeOptions & { isUnlisted?: boolean },
  keep: (record: SnapshotRecord) => Promise<void>,
): Promise<SnapshotRecord> {
  signal?.throwIfAborted();
  const id = await beginSnapshot();
  let record: SnapshotRecord | undefined;
  try {
    const content = await machine.snapshot({ id, signal, isUnlisted });
    const { id: sandboxId, name, backend, kind, repos } = machine.state;
    record = {
      version: 1,
      id,
      backend,
      kind,
      description,
      createdAt: new Date().toISOString(),
      sandbox: { id: sandboxId, name },
      config,
      repos,
      content,
    };
    signal?.throwIfAborted();
    await keep(record);
    return record;
  } catch (error) {
    // What went wrong is what matters, not what else goes wrong because of it.
    if (record !== undefined) await removeContent(record).catch(() => {});
    await removeSnapshotFiles(id).catch(() => {});
    throw error;
  }
}

/** Removes a snapshot with all that is kept of it anywhere. */
export async function removeSnapshot(record: SnapshotRecord): Promise<void> {
  // First what costs something; while that is there, the snapshot is listed.
  await removeContent(record);
  await removeSnapshotFiles(record.id);
}

async function removeContent(record: SnapshotRecord): Promise<void> {
  await (await selectBackend(record.backend)).removeSnapshot(record);
}
