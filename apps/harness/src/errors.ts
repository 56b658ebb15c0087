import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Codes of the errors that `@seer/harness` throws. */
export type HarnessErrorCode =
  /** The provider is not part of this version, or lacks an option that it needs. */
  | "harness/provider-unavailable"
  /** The script file cannot be read, or is not JSON. */
  | "harness/script-unreadable"
  /** A script's tool results were not what it expected of them. */
  | "harness/script-expectation"
  /** No server has a tool of that name. */
  | "harness/unknown-tool"
  /** Two configurations name a server alike. */
  | "harness/duplicate-server"
  /** Two tools would have one name. */
  | "harness/duplicate-tool"
  /** A server did not start, refused the connection, or did not answer in time. */
  | "harness/server-failed"
  /** A provider's engine has tools that it was not given, or lacks some. */
  | "harness/foreign-tools"
  /** The connections are closed. */
  | "harness/closed";

/** An error of the harness itself; what goes wrong inside a tool is a `tool-result` event instead. */
export class HarnessError extends SeerError<HarnessErrorCode> {
  constructor(code: HarnessErrorCode, message: string, options?: SeerErrorOptions) {
    super(code, message, options);
    this.name = "HarnessError";
  }
}
