import { BoundedText } from "@seer/config";
import type { Mask } from "@seer/system";
import type { CellOptions } from "./cell-options.ts";
import type { Cell, CellEnd, CellError, Kernel, RunningCell } from "./kernel.ts";

export interface Printed {
  stdout: string;
  stderr: string;
}

/** One run of a cell: collects the output, and interrupts the cell on timeout or abort. */
export class CellRun {
  /** How the cell ended. A cell whose signal was already aborted does not start. */
  readonly end: Promise<CellEnd>;
  #running: RunningCell | undefined;
  #isTimedOut = false;
  readonly #mask: Mask;
  readonly #stdout = new BoundedText();
  readonly #stderr = new BoundedText();

  constructor(kernel: Kernel, cell: Omit<Cell, "onOutput">, options: CellOptions, mask: Mask) {
    this.#mask = mask;
    this.end = this.#run(kernel, cell, options).then((end) => masked(end, mask));
  }

  /** The output so far. */
  get printed(): Printed {
    return { stdout: this.#mask(this.#stdout.toString()), stderr: this.#mask(this.#stderr.toString()) };
  }

  /** Whether it was interrupted by its timeout. */
  get isTimedOut(): boolean {
    return this.#isTimedOut;
  }

  /** Interrupts the cell and waits for its end. */
  async interrupt(): Promise<void> {
    await this.#running?.interrupt();
    await this.end.catch(() => {});
  }

  async #run(
    kernel: Kernel,
    cell: Omit<Cell, "onOutput">,
    { timeoutMs, signal, onOutput }: CellOptions,
  ): Promise<CellEnd> {
    if (signal?.aborted) return { how: "interrupted", survived: true };
    const running = kernel.run({
      ...cell,
      onOutput: (text, stream) => {
        (stream === "stdout" ? this.#stdout : this.#stderr).append(text);
        onOutput?.(this.#mask(text), stream);
      },
    });
    this.#running = running;
    // If the request fails, the connection is lost, which ends the cell too.
    const interrupt = () => void running.interrupt().catch(() => {});
    signal?.addEventListener("abort", interrupt, { once: true });
    const onTimeout = () => {
      this.#isTimedOut = true;
      interrupt();
    };
    // Node's timers are limited to 24 days.
    const timer =
      timeoutMs === undefined ? undefined : setTimeout(onTimeout, Math.min(timeoutMs, 2 ** 31 - 1));
    try {
      return await running.end;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", interrupt);
    }
  }
}

function masked(end: CellEnd, mask: Mask): CellEnd {
  if (end.how === "interrupted") return { ...end, error: maskedError(end.error, mask) };
  if (end.how !== "finished") return end;
  const { result, error } = end.outcome;
  return {
    ...end,
    outcome: { ...end.outcome, result: result && mask(result), error: maskedError(error, mask) },
  };
}

function maskedError(error: CellError | undefined, mask: Mask): CellError | undefined {
  return error && { ...error, message: mask(error.message), traceback: mask(error.traceback) };
}
