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
  saveSnapshot?: boolean | undefined;
  snapshotDescription?: string | undefined;
}
