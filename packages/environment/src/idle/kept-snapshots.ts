import type { SnapshotRecord } from "../runtime/snapshot-record.ts";
import { writeSnapshotRecord } from "../runtime/snapshot-store.ts";
import { type Snapshot, snapshotOf } from "../snapshots/snapshot.ts";
import { removeSnapshot } from "../snapshots/take-snapshot.ts";

/** The unlisted snapshots from which a sandbox starts again; they are removed when they are no longer needed. */
export class KeptSnapshots {
  #latest: SnapshotRecord | undefined;
  /** Earlier images, on which later ones may be based. */
  readonly #images: SnapshotRecord[] = [];
  /** IDs of snapshots that belong to the user, or that a user's snapshot may be based on. */
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

  /** Turns the latest snapshot into a user's snapshot; undefined if that is not possible. */
  async promote(description: string): Promise<Snapshot | undefined> {
    // An unlisted image expires, so it cannot become a user's snapshot.
    if (this.#latest?.content.kind !== "directory") return undefined;
    const record = { ...this.#latest, description };
    this.#users.add(record.id);
    await writeSnapshotRecord(record);
    return snapshotOf(record);
  }

  /** Records that the user has taken a snapshot, which may be based on the images here. */
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

/** Removes a snapshot, ignoring errors. */
export async function discardSnapshot(snapshot: SnapshotRecord): Promise<void> {
  await removeSnapshot(snapshot).catch(() => {});
}
