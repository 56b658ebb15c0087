import { SeerError, type SeerErrorOptions } from "@seer/config";
import type { Picture } from "@seer/rpc";

/** Codes of the errors that `@seer/execution` throws. */
export type ExecutionErrorCode =
  /** The code raised an exception. */
  | "execution/python-error"
  /** The workspace's `customInitCode` raised an exception. */
  | "execution/setup-failed"
  /** The cell was interrupted, by `interrupt()` or a signal. */
  | "execution/interrupted"
  /** The cell was interrupted after its `timeoutMs`. */
  | "execution/timeout"
  /** The Python process ended. The next cell gets a new process without the variables. */
  | "execution/process-died"
  /** The session has been terminated. */
  | "execution/terminated"
  /** The file for `execFile` cannot be read. */
  | "execution/unreadable-file"
  /** The session's directory cannot be created or opened, or contains programs that are used outside of the isolation. */
  | "execution/unusable-directory"
  /** `isolate` is `"bubblewrap"`, but bubblewrap does not work. */
  | "execution/isolation-unavailable";

/** The output of a cell, also of one that failed. */
export interface CellOutput {
  stdout: string;
  stderr: string;
  /** Pictures in the result, and figures that were open at the end of the cell: PNG, JPEG or SVG. */
  images: readonly Picture[];
}

export interface ExecutionErrorOptions extends SeerErrorOptions {
  exception?: { pythonType: string; traceback: string } | undefined;
  output?: CellOutput | undefined;
}

const marker = Symbol.for("seer.execution.error");

/** A cell failed. `output` has the output up to then. */
export class ExecutionError extends SeerError<ExecutionErrorCode> {
  /** The exception's class, such as `ValueError`; `KeyboardInterrupt` for an interrupted cell. */
  readonly pythonType: string | undefined;
  /** Python's traceback, starting at the cell. */
  readonly traceback: string | undefined;
  readonly output: CellOutput;

  constructor(code: ExecutionErrorCode, message: string, options: ExecutionErrorOptions = {}) {
    super(code, message, options);
    this.name = "ExecutionError";
    this.pythonType = options.exception?.pythonType;
    this.traceback = options.exception?.traceback;
    this.output = options.output ?? { stdout: "", stderr: "", images: [] };
    Object.defineProperty(this, marker, { value: true });
    // Node prints an error's stack and enumerable properties. The traceback is part of the stack; the output is too long.
    for (const key of ["traceback", "output"]) Object.defineProperty(this, key, { enumerable: false });
    if (this.traceback !== undefined) {
      const local = this.stack?.split("\n").filter((line) => line.startsWith("    at ")) ?? [];
      const head = `${this.name} [${code}]: ${message}`;
      this.stack = [head, "", this.traceback.trimEnd(), "", "Called from:", ...local].join("\n");
    }
  }

  static override isInstance(value: unknown): value is ExecutionError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
