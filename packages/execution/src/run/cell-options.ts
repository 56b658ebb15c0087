import type { OutputStream } from "@seer/rpc";
import type { CellOutput } from "../errors.ts";

export interface CellOptions {
  /** Interrupts the code after this time. */
  timeoutMs?: number | undefined;
  /** Interrupts the code. */
  signal?: AbortSignal | undefined;
  /** Receives the code's output while it runs. */
  onOutput?: ((text: string, stream: OutputStream) => void) | undefined;
}

/** The result of a successful cell. */
export interface ExecutionResult extends CellOutput {
  /** The `repr` of the last expression's value; undefined if there is none or it is None. */
  result: string | undefined;
}
