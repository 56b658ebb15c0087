import type { OutputStream, Picture } from "@seer/rpc";

/** A Python process that runs cells: the worker of a local session, or a Jupyter kernel. */
export interface Kernel extends AsyncDisposable {
  /** Whether it has ended permanently, so that a new kernel must be started. */
  readonly isLost: boolean;
  /** Binds the following cells to the current process: after the process has been replaced, they are not run. */
  begin(signal: AbortSignal): Promise<void>;
  /** Starts a cell. The caller must wait for its end before it starts another. */
  run(cell: Cell): RunningCell;
  /** Replaces the process, even if a cell is running. */
  restart(signal: AbortSignal): Promise<void>;
}

export interface Cell {
  readonly code: string;
  /** File name in tracebacks; if empty, the cell is numbered. */
  readonly name: string;
  onOutput(text: string, stream: OutputStream): void;
}

export interface RunningCell {
  readonly end: Promise<CellEnd>;
  /** Interrupts the code. `end` resolves when the code has stopped, or its process was killed because it did not stop. */
  interrupt(): Promise<void>;
}

/** How a cell ended. */
export type CellEnd =
  | { readonly how: "finished"; readonly outcome: CellOutcome }
  | Interruption
  | { readonly how: "died"; readonly cause: Error }
  /** The cell was not run, because the process has been replaced. */
  | { readonly how: "replaced" };

export interface Interruption {
  readonly how: "interrupted";
  /** Whether the process and its variables still exist. */
  readonly survived: boolean;
  /** The KeyboardInterrupt, with the position of the code. */
  readonly error?: CellError | undefined;
}

export interface CellOutcome {
  /** The `repr` of the last expression's value. */
  readonly result?: string | undefined;
  readonly images: readonly Picture[];
  readonly error?: CellError | undefined;
}

/** The exception that ended a cell. */
export interface CellError {
  readonly type: string;
  readonly message: string;
  readonly traceback: string;
}
