import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Error codes of `@seer/system`; `@seer/environment` uses them too. */
export type SystemErrorCode =
  /** A command, path, variable or content that the operating system rejects, such as one with a NUL character. */
  | "environment/invalid-argument"
  | "environment/secret-missing"
  | "environment/python-not-found"
  | "environment/package-install-failed"
  | "environment/disk-full"
  | "environment/start-failed";

/** This machine lacks something that Seer needs, or a local operation failed; `code` says which. */
export class SystemError extends SeerError<SystemErrorCode> {
  constructor(code: SystemErrorCode, message: string, options: SeerErrorOptions = {}) {
    super(code, message, options);
    this.name = "SystemError";
  }
}
