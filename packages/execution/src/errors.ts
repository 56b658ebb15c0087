import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Codes of the errors that `@seer/execution` throws. */
export type ExecutionErrorCode =
  /** The code raised an exception. */
  | "execution/python-error"
  /** The workspace's `customInitCode` raised an exception. */
  | "execution/setup-failed"
  /** The cell was interrupted, by `interrupt()` or a signal. */
  | "execution/interrupted"
  /** The cell ran past its `timeoutMs` and was interrupted. */
  | "execution/timeout"
  /** The Python process ended; the next cell gets a new one, without the variables. */
  | "execution/process-died"
  /** The session has been terminated. */
  | "execution/terminated"
  /** A file to run cannot be read. */
  | "execution/unreadable-file"
  /** The session's directory cannot be made or used. */
  | "execution/unusable-directory";

/** What a cell has printed and drawn by the time it ended. */
export interface CellOutput {
  stdout: string;
  stderr: string;
  /** PNG pictures: figures that were open at the end of the cell, or the value itself. */
  images: readonly Uint8Array[];
}

export interface ExecutionErrorOptions extends SeerErrorOptions {
  exception?: { pythonType: string; traceback: string } | undefined;
  output?: CellOutput | undefined;
}

const marker = Symbol.for("seer.execution.error");

/** Code did not run to its end; `output` is what it had printed until then. */
export class ExecutionError extends SeerError<ExecutionErrorCode> {
  /** The exception's class, such as `ValueError`; undefined unless Python raised one. */
  readonly pythonType: string | undefined;
  /** Python's traceback, from the cell on. */
  readonly traceback: string | undefined;
  readonly output: CellOutput;

  constructor(code: ExecutionErrorCode, message: string, options: ExecutionErrorOptions = {}) {
    super(code, message, options);
    this.name = "ExecutionError";
    this.pythonType = options.exception?.pythonType;
    this.traceback = options.exception?.traceback;
    this.output = options.output ?? { stdout: "", stderr: "", images: [] };
    Object.defineProperty(this, marker, { value: true });
    // Printing an error prints its stack and its enumerable properties: the traceback once, and no output.
    for (const key of ["traceback", "output"]) Object.defineProperty(this, key, { enumerable: false });
    if (this.traceback !== undefined) {
      const local = this.stack?.split("\n").filter((line) => line.startsWith("    at ")) ?? [];
      this.stack = [`${this.name} [${code}]: ${this.traceback.trimEnd()}`, "", "Called from:", ...local].join(
        "\n",
      );
    }
  }

  static override isInstance(value: unknown): value is ExecutionError {
    return typeof value === "object" && value !== null && marker in value;
  }
}
