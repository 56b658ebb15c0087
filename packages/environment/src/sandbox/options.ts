import type { ExecOptions, Progress } from "@seer/config";
import type { IsolationChoice } from "../runtime/backend.ts";
import type { RunLimits } from "../runtime/run-command.ts";

export interface SandboxOptions {
  /** Receives progress messages of slow operations. */
  onProgress?: Progress | undefined;
  /** How the sandbox is isolated from this machine. @default "auto" */
  isolation?: IsolationChoice | undefined;
}

export interface StartOptions {
  /** A name, unique among running sandboxes. @default the sandbox's ID */
  name?: string | undefined;
  /** Aborts the start, and removes the incomplete sandbox. */
  signal?: AbortSignal | undefined;
}

export interface RunOptions extends ExecOptions, Pick<RunLimits, "onStdout" | "onStderr"> {
  stdin?: string | Uint8Array | undefined;
}

export interface TerminateOptions {
  /** Takes a snapshot first. If that fails, the sandbox is not terminated. @default false */
  saveSnapshot?: boolean | undefined;
  snapshotDescription?: string | undefined;
}

export interface SnapshotOptions {
  signal?: AbortSignal | undefined;
}

/** Options of `fromSnapshot`, which creates and starts a sandbox. */
export interface FromSnapshotOptions extends SandboxOptions, StartOptions {}
