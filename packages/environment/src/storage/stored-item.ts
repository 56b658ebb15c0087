import type { StorageUser } from "@seer/system";

/** Kinds of items that `seer clean` removes; `downloads` are the installers' caches of packages. */
export const storageKinds = ["environments", "downloads", "models", "snapshots"] as const;

export type StorageKind = (typeof storageKinds)[number];

/** An item in Seer's storage on this machine. */
export interface StoredItem {
  readonly kind: StorageKind;
  /** Unique within its kind. */
  readonly id: string;
  /** A description for display. */
  readonly description: string;
  /** Disk space; files that two items share count for both. */
  readonly bytes: number;
  /** The time of the last use, or of its creation if it was never used. */
  readonly lastUsedAt: Date | undefined;
  /** The running processes that use it. */
  readonly usedBy: readonly StorageUser[];
}
