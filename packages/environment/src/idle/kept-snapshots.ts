import type { SnapshotRecord } from "../backends/backend.ts";
import { type Snapshot, snapshotOf } from "../snapshots/snapshot.ts";
import { writeSnapshotRecord } from "../snapshots/snapshot-store.ts";
import { removeSnapshot } from "../snapshots/take-snapshot.ts";

/** The snapshots with which a sandbox is started again: in no list, and removed when they are of no use any more. */
export class KeptSnapshots {
  #latest: SnapshotRecord | undefined;
  /** Earlier images, on which later ones may build. */
  readonly #images: SnapshotRecord[] = [];
  /** Those that are the user's, or on which one of the user's may build. */
  readonly #users = new Set<string>();

  get latest(): SnapshotRecord | undefined {
    return this.#latest;
  }

  async replace(next: SnapshotRecord | undefined): Promise<void> {
    const last = this.#latest;
    this.#latest = next;
    if (last?.content.kind === "image") this.#images.push(last);
    else if (last !== undefined) await this.#remove(last);
  }

  /** Makes the latest a snapshot of the user's; undefined when it cannot be one. */
  async promote(description: string): Promise<Snapshot | undefined> {
    // An image that is in no list expires.
    if (this.#latest?.content.kind !== "directory") return undefined;
    const record = { ...this.#latest, description };
    this.#users.add(record.id);
    await writeSnapshotRecord(record);
    return snapshotOf(record);
  }

  /** The user has taken a snapshot, which may build on all of these. */
  noteSnapshot(): void {
    for (const image of this.#images) this.#users.add(image.id);
    if (this.#latest?.content.kind === "image") this.#users.add(this.#latest.id);
  }

  async removeAll(): Promise<void> {
    await this.replace(undefined);
    for (const image of this.#images.splice(0).toReversed()) await this.#remove(image);
  }

  async #remove(snapshot: SnapshotRecord): Promise<void> {
    if (!this.#users.has(snapshot.id)) await discardSnapshot(snapshot);
  }
}

/** What cannot be removed is no reason for anything else to fail. */
export async function discardSnapshot(snapshot: SnapshotRecord): Promise<void> {
  await removeSnapshot(snapshot).catch(() => {});
}
