import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Codes of the errors that `@seer/environment` throws. */
export type EnvironmentErrorCode =
  /** `start` has not been called, or was called before. */
  | "environment/not-started"
  | "environment/already-started"
  /** The sandbox has ended: it was terminated, or its time or its lease was over. */
  | "environment/ended"
  | "environment/not-found"
  | "environment/invalid-name"
  | "environment/name-taken"
  /** The backend, or this version of it, cannot do what an option or method asks for. */
  | "environment/unsupported"
  /** The backend's servers cannot be reached, throttle, or fail. */
  | "environment/backend-unreachable"
  /** The backend's account is not set up, or its token is not valid. */
  | "environment/credentials-missing"
  /** Two things of a plan would be at one path. */
  | "environment/path-conflict"
  /** A file or directory of this machine that was to be copied is not there. */
  | "environment/local-path-missing"
  | "environment/secret-missing"
  | "environment/python-not-found"
  | "environment/package-install-failed"
  | "environment/system-packages-missing"
  /** There is no such GPU; the machine, or its backend at the moment, has none free. */
  | "environment/gpu-unknown"
  | "environment/gpu-unavailable"
  | "environment/image-failed"
  | "environment/isolation-unavailable"
  /** A model does not exist, or cannot be fetched; it exists for those only who were granted access. */
  | "environment/model-unavailable"
  | "environment/model-gated"
  | "environment/disk-full"
  | "environment/repo-failed"
  | "environment/start-failed"
  | "environment/service-failed"
  | "environment/snapshot-not-found"
  | "environment/snapshot-failed"
  /** The money of `budgetUsd` is spent, or does not buy what was asked for. */
  | "environment/budget-exceeded"
  | "environment/exec-failed"
  | "environment/exec-timeout"
  /** A file of the sandbox is not there, or cannot be read or written. */
  | "environment/file-failed"
  | "environment/interface-missing"
  | "environment/interface-failed"
  /** The port that was asked for cannot be listened on. */
  | "environment/port-unavailable";

/** Anything that goes wrong with a sandbox; `code` says what. */
export class EnvironmentError extends SeerError<EnvironmentErrorCode> {
  constructor(code: EnvironmentErrorCode, message: string, options: SeerErrorOptions = {}) {
    super(code, message, options);
    this.name = "EnvironmentError";
  }
}

export interface ExecFailure {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A command in a sandbox failed, or did not end in time. */
export class ExecError extends EnvironmentError {
  /** Undefined when the command was ended because of its `timeoutMs`. */
  readonly exitCode: number | undefined;
  /** What it printed until then; `exec` has stderr in it as well. */
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
