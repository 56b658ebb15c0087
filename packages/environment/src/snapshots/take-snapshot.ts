import type { Progress, SandboxConfig } from "@seer/config";
import { selectBackend } from "../backends/select-backend.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { SnapshotContent, SnapshotRecord } from "../runtime/snapshot-record.ts";
import { beginSnapshot, removeSnapshotFiles, writeSnapshotRecord } from "../runtime/snapshot-store.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

export interface TakeOptions {
  description: string;
  config: SandboxConfig;
  report: Progress;
  signal?: AbortSignal | undefined;
}

/** Takes a snapshot of a running instance. If it fails or is aborted, nothing is left behind. */
export async function takeSnapshot(instance: SandboxInstance, options: TakeOptions): Promise<Snapshot> {
  return snapshotOf(await takeFiles(instance, options, writeSnapshotRecord));
}

/** Takes a snapshot that is not listed. On this machine, it is removed when this process ends. */
export async function takeUnlistedSnapshot(
  instance: SandboxInstance,
  options: TakeOptions,
): Promise<SnapshotRecord> {
  return await takeFiles(instance, { ...options, isUnlisted: true }, async () => {});
}

async function takeFiles(
  instance: SandboxInstance,
  { description, config, report, signal, isUnlisted }: TakeOptions & { isUnlisted?: boolean },
  keep: (record: SnapshotRecord) => Promise<void>,
): Promise<SnapshotRecord> {
  signal?.throwIfAborted();
  const id = await beginSnapshot();
  let record: SnapshotRecord | undefined;
  try {
    const content = await instance.snapshot({ id, signal, isUnlisted });
    const { id: sandboxId, name, backend, kind, repos } = instance.state;
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
    reportLeftOut(content, report);
    return record;
  } catch (error) {
    // An error of the cleanup must not hide the original one.
    if (record !== undefined) await removeContent(record).catch(() => {});
    await removeSnapshotFiles(id).catch(() => {});
    throw error;
  }
}

function reportLeftOut(content: SnapshotContent, report: Progress): void {
  const paths = content.kind === "directory" ? (content.leftOut ?? []) : [];
  if (paths.length === 0) return;
  // Escaped, because the sandbox chooses these names.
  const named = paths.slice(0, 10).map((path) => JSON.stringify(path));
  const more = paths.length > named.length ? " and others" : "";
  report(`Not in the snapshot, because they cannot be read: ${named.join(", ")}${more}`);
}

/** Removes a snapshot and its files on the backend. */
export async function removeSnapshot(record: SnapshotRecord): Promise<void> {
  // Remote content first, because it may incur costs; the snapshot stays listed until it is removed.
  await removeContent(record);
  await removeSnapshotFiles(record.id);
}

async function removeContent(record: SnapshotRecord): Promise<void> {
  await (await selectBackend(record.backend)).removeSnapshot(record);
}
