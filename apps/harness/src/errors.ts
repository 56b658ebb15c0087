import { SeerError, type SeerErrorOptions } from "@seer/config";

/** The codes of the errors that `@seer/harness` throws. */
export type HarnessErrorCode =
  /** The provider is not part of this version, or a required option is missing. */
  | "harness/provider-unavailable"
  /** The script file cannot be read, or is not JSON. */
  | "harness/script-unreadable"
  /** The results of a script's tool calls were not as expected. */
  | "harness/script-expectation"
  /** No server has a tool of this name. */
  | "harness/unknown-tool"
  /** Two servers have the same name. */
  | "harness/duplicate-server"
  /** Two tools would have the same name. */
  | "harness/duplicate-tool"
  /** A server did not start, refused the connection, or did not answer in time. */
  | "harness/server-failed"
  /** A provider's engine has other tools than those that it was given. */
  | "harness/foreign-tools"
  /** The connections to the servers are closed. */
  | "harness/closed";

/** An error of the harness itself; errors inside tools are `tool-result` events instead. */
export class HarnessError extends SeerError<HarnessErrorCode> {
  constructor(code: HarnessErrorCode, message: string, options?: SeerErrorOptions) {
    super(code, message, options);
    this.name = "HarnessError";
  }
}
