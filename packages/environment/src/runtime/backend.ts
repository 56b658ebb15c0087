import type { Backend as BackendName, Progress } from "@seer/config";
import type { Disk } from "@seer/system";
import type { Workspace } from "@seer/workspace";
import type { Plan } from "../plan/plan.ts";
import type { Meter } from "./meter.ts";
import type { SandboxInstance } from "./sandbox-instance.ts";
import type { SandboxInfo, ServiceRecord } from "./sandbox-state.ts";
import type { SnapshotRecord } from "./snapshot-record.ts";

/**
 * A place where sandboxes run. It executes plans and finds its sandboxes. Everything else is the same for all backends
 * and built on `SandboxInstance`.
 */
export interface Backend {
  readonly name: BackendName;
  /** The disk that holds its sandboxes' files, for the error when it is full. */
  readonly disk: Disk;
  /** Executes all steps of a plan but its services. A start that fails or is aborted leaves nothing behind. */
  start(plan: Plan, options: BackendStartOptions): Promise<StartedInstance>;
  /** Attaches to a running sandbox by its ID or name. */
  attach(idOrName: string): Promise<SandboxInstance>;
  /** Lists running sandboxes, and removes what ended ones left behind. */
  list(): Promise<SandboxInfo[]>;
  /** Removes the files of a snapshot, if they still exist. */
  removeSnapshot(snapshot: SnapshotRecord): Promise<void>;
}

/** An instance whose services are not started yet. */
export interface StartedInstance {
  readonly instance: SandboxInstance;
  /** Path of the code-server program in the sandbox, if it differs from `runtimePaths.codeServer`. */
  readonly codeServer?: string | undefined;
  /** Records the services and marks the sandbox as running, so that other processes can attach to it. */
  complete(services: readonly ServiceRecord[]): Promise<void>;
}

export interface BackendStartOptions {
  name?: string | undefined;
  /** Values of the plan's secrets. */
  secrets: Readonly<Record<string, string>>;
  /** Content for the plan's workspace step. */
  workspace?: Workspace | undefined;
  isolation: IsolationChoice;
  /** A snapshot to start from. The plan has no steps for the files in it. */
  from?: SnapshotRecord | undefined;
  meter: Meter;
  /** Called as soon as the instance exists, so that the end of this process terminates it even during the start. */
  onInstance: (instance: SandboxInstance) => void;
  /** Called when the instance has been requested but its ID is not known yet, for the same purpose. */
  onPending?: ((pending: Pick<SandboxInstance, "ended" | "terminateNow">) => void) | undefined;
  onProgress: Progress;
  /** Called at the beginning of each step, with a description that names no model, file or secret. */
  onStep?: ((step: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** `"auto"` uses bubblewrap if it works; `"bubblewrap"` fails if it does not work; `"none"` does not isolate. */
export type IsolationChoice = "auto" | "bubblewrap" | "none";
