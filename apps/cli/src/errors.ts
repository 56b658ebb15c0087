import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Codes of the errors that are the command line's own. */
export type CliErrorCode =
  /** The command line itself is wrong; exit code 2. */
  | "cli/usage"
  /** The interface file is not there. */
  | "cli/no-file"
  /** Nothing is served under that id or name, or several things are. */
  | "cli/target"
  /** The destination holds something that Seer did not write. */
  | "cli/destination-taken"
  /** What was being served has ended by itself. */
  | "cli/ended"
  /** A required part of this machine is missing. */
  | "cli/machine-incomplete";

export class CliError extends SeerError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, options?: SeerErrorOptions) {
    super(code, message, options);
    this.name = "CliError";
  }
}
