import { SeerError, type SeerErrorOptions } from "@seer/config";

/** The codes of the command line's own errors. */
export type CliErrorCode =
  /** The command line is invalid; exit code 2. */
  | "cli/usage"
  /** The interface file does not exist. */
  | "cli/no-file"
  /** No sandbox or interface has this ID or name, or several do. */
  | "cli/target"
  /** The destination contains something that Seer did not write. */
  | "cli/destination-taken"
  /** The served interface has ended by itself. */
  | "cli/ended"
  /** A required part of this machine is missing. */
  | "cli/machine-incomplete";

export class CliError extends SeerError<CliErrorCode> {
  constructor(code: CliErrorCode, message: string, options?: SeerErrorOptions) {
    super(code, message, options);
    this.name = "CliError";
  }
}
