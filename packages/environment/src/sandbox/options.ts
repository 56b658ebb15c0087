import type { ExecOptions, Progress } from "@seer/config";
import type { IsolationChoice } from "../backends/backend.ts";
import type { RunLimits } from "./run-command.ts";

export interface SandboxOptions {
  /** Reports what slow work is doing. */
  onProgress?: Progress | undefined;
  /** How the sandbox is kept from this machine. @default "auto" */
  isolation?: IsolationChoice | undefined;
}

export interface StartOptions {
  /** A name to find it by, unique among running sandboxes; its id when absent. */
  name?: string | undefined;
  /** Ends the start, and what there is of the sandbox. */
  signal?: AbortSignal | undefined;
}

export interface RunOptions extends ExecOptions, Pick<RunLimits, "onStdout" | "onStderr"> {
  stdin?: string | Uint8Array | undefined;
}

export interface TerminateOptions {
  /** Keeps the files first. When that fails, the sandbox lives on. @default false */
  saveSnapshot?: boolean | undefined;
  snapshotDescription?: string | undefined;
}

export interface SnapshotOptions {
  signal?: AbortSignal | undefined;
}

/** Of `fromSnapshot`, which makes the sandbox and starts it. */
export interface FromSnapshotOptions extends SandboxOptions, StartOptions {}
