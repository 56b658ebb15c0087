import { SeerError, type SeerErrorOptions } from "@seer/config";
import type { SystemErrorCode } from "@seer/system";

/** Codes of the errors that `@seer/environment` throws. */
export type EnvironmentErrorCode =
  | SystemErrorCode
  /** `start` has not been called, or was called twice. */
  | "environment/not-started"
  | "environment/already-started"
  /** The sandbox has ended: it was terminated, or its time limit, budget or lease expired. */
  | "environment/ended"
  | "environment/not-found"
  | "environment/invalid-name"
  | "environment/name-taken"
  /** The backend does not support an option or method. */
  | "environment/unsupported"
  /** The backend's servers cannot be reached, throttle requests, or fail. */
  | "environment/backend-unreachable"
  /** No account of the backend is configured, or its token is not valid. */
  | "environment/credentials-missing"
  /** A file or directory of this machine that should be copied does not exist. */
  | "environment/local-path-missing"
  /** Two items of a plan have the same target path. */
  | "environment/path-conflict"
  | "environment/system-packages-missing"
  /** The name of a GPU is unknown, or no such GPU is free. */
  | "environment/gpu-unknown"
  | "environment/gpu-unavailable"
  | "environment/image-failed"
  | "environment/isolation-unavailable"
  /** A model does not exist or cannot be downloaded, or it is gated and access was not granted. */
  | "environment/model-unavailable"
  | "environment/model-gated"
  | "environment/repo-failed"
  | "environment/service-failed"
  | "environment/snapshot-not-found"
  | "environment/snapshot-failed"
  /** `budgetUsd` is spent, or is too small. */
  | "environment/budget-exceeded"
  | "environment/exec-failed"
  | "environment/exec-timeout"
  /** A file in the sandbox does not exist, or cannot be read or written. */
  | "environment/file-failed"
  | "environment/interface-missing"
  | "environment/interface-failed"
  /** The requested port cannot be used. */
  | "environment/port-unavailable";

/** The error of all operations on sandboxes. */
export class EnvironmentError extends SeerError<EnvironmentErrorCode> {
  constructor(code: EnvironmentErrorCode, message: string, options: SeerErrorOptions = {}) {
    super(code, message, options);
    this.name = "EnvironmentError";
  }
}

/** The sandbox has ended; the message says why. */
export class EndedError extends EnvironmentError {
  /** Message for callers of an interface. */
  readonly publicMessage: string;

  constructor(message: string, options: SeerErrorOptions = {}) {
    super("environment/ended", message, options);
    this.publicMessage = message;
  }
}

export interface ExecFailure {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A command in a sandbox failed or timed out. */
export class ExecError extends EnvironmentError {
  /** Undefined if the command was killed because of its `timeoutMs`. */
  readonly exitCode: number | undefined;
  /** The command's output; for `exec`, it includes stderr. */
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    code: "environment/exec-failed" | "environment/exec-timeout",
    message: string,
    failure: ExecFailure,
  ) {
    super(code, message);
    this.name = "ExecError";
    this.exitCode = failure.exitCode;
    this.stdout = failure.stdout;
    this.stderr = failure.stderr;
  }
}
