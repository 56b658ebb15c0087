import type { Backend as BackendName, RepoHandle, SandboxConfig } from "@seer/config";
import type { Plan } from "../plan/plan.ts";

/** Where a backend keeps a snapshot's files. */
export type SnapshotContent =
  | {
      readonly kind: "directory";
      readonly directory: string;
      readonly bytes: number;
      readonly leftOut?: readonly string[];
    }
  | { readonly kind: "image"; readonly imageId: string };

/** The record of a snapshot on the researcher's machine. */
export interface SnapshotRecord {
  readonly version: 1;
  readonly id: string;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  readonly description: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly sandbox: { readonly id: string; readonly name: string };
  /** The sandbox's configuration, without secrets. */
  readonly config: SandboxConfig;
  readonly repos: readonly RepoHandle[];
  readonly content: SnapshotContent;
}
