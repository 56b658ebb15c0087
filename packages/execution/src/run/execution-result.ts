import type { OutputStream } from "@seer/rpc";
import type { CellOutput } from "../errors.ts";

export interface ExecOptions {
  /** Interrupts the code when it has run for this long. */
  timeoutMs?: number | undefined;
  /** Interrupts the code. */
  signal?: AbortSignal | undefined;
  /** Gets what the code prints, as it prints it. */
  onOutput?: ((text: string, stream: OutputStream) => void) | undefined;
}

/** What came of a cell that ran to its end. */
export interface ExecutionResult extends CellOutput {
  /** The last expression's value, as Python shows it; undefined when it is None or there is none. */
  result: string | undefined;
}
