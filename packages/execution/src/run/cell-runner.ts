import { Mutex } from "@seer/config";
import type { Mask } from "@seer/system";
import { ExecutionError } from "../errors.ts";
import type { CellOptions, ExecutionResult } from "./cell-options.ts";
import { CellRun, type Printed } from "./cell-run.ts";
import { died, diedBetweenCells, interrupted, pythonError, terminated } from "./failures.ts";
import type { Cell, CellOutcome, Kernel } from "./kernel.ts";

/** Runs cells one at a time, and starts and initialises a kernel whenever there is none. */
export class CellRunner implements AsyncDisposable {
  readonly #startKernel: (signal: AbortSignal) => Promise<Kernel>;
  readonly #mask: Mask;
  readonly #initCode: string[] = [];
  readonly #mutex = new Mutex();
  readonly #ended = new AbortController();
  #kernel: Kernel | undefined;
  /** Whether the kernel's process has run the init code. */
  #isInitialised = false;
  #running: CellRun | undefined;

  /** @param mask Applied to all text from cells. */
  constructor(startKernel: (signal: AbortSignal) => Promise<Kernel>, mask: Mask) {
    this.#startKernel = startKernel;
    this.#mask = mask;
  }

  /** Runs init code, now and in each new process. Starts Python if necessary. */
  async initialise(code: string, options: CellOptions = {}): Promise<void> {
    using _ = await this.#lock(options);
    const kernel = await this.#ready(options);
    if (code.trim() === "") return;
    await this.#runInitCode(kernel, code, options);
    this.#initCode.push(code);
  }

  /** Runs one cell. `name` is its file name in tracebacks. */
  async run(code: string, name: string, options: CellOptions = {}): Promise<ExecutionResult> {
    using _ = await this.#lock(options);
    const kernel = await this.#ready(options);
    const { outcome, printed } = await this.#execute(kernel, { code, name }, options);
    const output = { ...printed, images: outcome.images };
    if (outcome.error !== undefined) throw pythonError("execution/python-error", outcome.error, output);
    return { ...output, result: outcome.result };
  }

  /** Interrupts the running cell, if any, and waits for its end. */
  async interrupt(): Promise<void> {
    await this.#running?.interrupt();
  }

  /** Replaces the process, even if a cell is running, and initialises the new one. */
  async restart(options: CellOptions = {}): Promise<void> {
    this.#isInitialised = false;
    if (this.#kernel?.isLost === false) await this.#kernel.restart(this.#signal(options));
    using _ = await this.#lock(options);
    await this.#ready(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(terminated());
    await this.#disposeKernel();
  }

  #signal({ signal }: CellOptions): AbortSignal {
    return signal === undefined ? this.#ended.signal : AbortSignal.any([this.#ended.signal, signal]);
  }

  async #lock(options: CellOptions): Promise<Disposable> {
    if (this.#ended.signal.aborted) throw terminated();
    try {
      return await this.#mutex.lock(this.#signal(options));
    } catch (cause) {
      if (this.#ended.signal.aborted) throw terminated();
      throw new ExecutionError("execution/interrupted", "The code was interrupted before it started", {
        cause,
      });
    }
  }

  /** Returns the kernel, after starting and initialising it if necessary. */
  async #ready(options: CellOptions): Promise<Kernel> {
    if (this.#kernel?.isLost) await this.#disposeKernel();
    const kernel = this.#kernel ?? (await this.#start(options));
    this.#kernel = kernel;
    if (!this.#isInitialised) {
      await kernel.begin(this.#signal(options));
      for (const code of this.#initCode) await this.#runInitCode(kernel, code, options);
      this.#isInitialised = true;
    }
    return kernel;
  }

  async #start(options: CellOptions): Promise<Kernel> {
    try {
      const kernel = await this.#startKernel(this.#signal(options));
      // If the session was terminated during the start, there was no kernel to dispose of yet.
      if (this.#ended.signal.aborted) await kernel[Symbol.asyncDispose]();
      this.#ended.signal.throwIfAborted();
      return kernel;
    } catch (error) {
      throw this.#ended.signal.aborted ? terminated() : error;
    }
  }

  async #runInitCode(kernel: Kernel, code: string, options: CellOptions): Promise<void> {
    const { outcome, printed } = await this.#execute(kernel, { code, name: "<custom init code>" }, options);
    if (outcome.error !== undefined) {
      throw pythonError("execution/setup-failed", outcome.error, { ...printed, images: outcome.images });
    }
  }

  async #execute(
    kernel: Kernel,
    cell: Omit<Cell, "onOutput">,
    options: CellOptions,
  ): Promise<{ outcome: CellOutcome; printed: Printed }> {
    const run = new CellRun(kernel, cell, options, this.#mask);
    this.#running = run;
    const end = await run.end.finally(() => {
      this.#running = undefined;
    });
    const { printed } = run;
    if (end.how === "finished") return { outcome: end.outcome, printed };
    if (this.#ended.signal.aborted) throw terminated();
    if (end.how !== "interrupted" || !end.survived) this.#isInitialised = false;
    if (end.how === "died") throw died(end.cause, printed);
    if (end.how === "replaced") throw diedBetweenCells();
    throw interrupted(end, printed, { ...options, isTimedOut: run.isTimedOut });
  }

  async #disposeKernel(): Promise<void> {
    const kernel = this.#kernel;
    this.#kernel = undefined;
    this.#isInitialised = false;
    await kernel?.[Symbol.asyncDispose]();
  }
}
