import { randomUUID } from "node:crypto";
import { ExecutionError } from "../errors.ts";
import type { ExecOptions, ExecutionResult } from "./execution-result.ts";
import { died, diedBetweenCells, pythonError, stopped, terminated } from "./failures.ts";
import type { PythonConnection } from "./python-connection.ts";
import { type CellEnd, RunningCell } from "./running-cell.ts";
import { Turns } from "./turns.ts";

/** Runs cells, one at a time, in a Python process that is started and set up whenever there is none. */
export class Cells implements AsyncDisposable {
  readonly #connect: (signal: AbortSignal) => Promise<PythonConnection>;
  readonly #initCode: string[] = [];
  readonly #turns = new Turns();
  readonly #ended = new AbortController();
  #connection: PythonConnection | undefined;
  /** What the process knows this session by since it was set up; undefined when there is no such process. */
  #session: string | undefined;
  #running: RunningCell | undefined;

  constructor(connect: (signal: AbortSignal) => Promise<PythonConnection>) {
    this.#connect = connect;
  }

  /** Starts Python if need be and runs code, now and again in every process that replaces this one. */
  async initialise(code: string, options: ExecOptions = {}): Promise<void> {
    using _ = await this.#turn(options);
    const connection = await this.#ready(options);
    if (code.trim() === "") return;
    await this.#setUp(connection, code, options);
    this.#initCode.push(code);
  }

  /** Runs one cell; `name` stands for it in tracebacks. */
  async run(code: string, name: string, options: ExecOptions = {}): Promise<ExecutionResult> {
    using _ = await this.#turn(options);
    const connection = await this.#ready(options);
    const end = await this.#call(connection, "execute", { session: this.#session, code, name }, options);
    if (end.outcome === null) {
      this.#session = undefined;
      await this.#ready(options);
      throw diedBetweenCells();
    }
    const { error, images, result } = end.outcome;
    const output = { ...end.printed, images };
    if (error !== null) throw pythonError("execution/python-error", error, output);
    return { ...output, result: result ?? undefined };
  }

  /** Interrupts the running cell, if there is one, and waits for its end. */
  async interrupt(): Promise<void> {
    await this.#running?.stop();
  }

  /** Ends the process, whatever it is doing, and sets a new one up. */
  async restart(options: ExecOptions = {}): Promise<void> {
    this.#session = undefined;
    if (this.#connection?.isLost === false) await this.#connection.restart(this.#signal(options));
    using _ = await this.#turn(options);
    await this.#ready(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(terminated());
    await this.#disconnect();
  }

  #signal({ signal }: ExecOptions): AbortSignal {
    return signal === undefined ? this.#ended.signal : AbortSignal.any([this.#ended.signal, signal]);
  }

  async #turn(options: ExecOptions): Promise<Disposable> {
    if (this.#ended.signal.aborted) throw terminated();
    try {
      return await this.#turns.take(this.#signal(options));
    } catch (cause) {
      if (this.#ended.signal.aborted) throw terminated();
      throw new ExecutionError("execution/interrupted", "The code was interrupted before it began", {
        cause,
      });
    }
  }

  /** The connection to a process that is set up. */
  async #ready(options: ExecOptions): Promise<PythonConnection> {
    if (this.#connection?.isLost) await this.#disconnect();
    this.#connection ??= await this.#open(options);
    if (this.#session === undefined) {
      for (const code of ["", ...this.#initCode]) await this.#setUp(this.#connection, code, options);
    }
    return this.#connection;
  }

  async #open(options: ExecOptions): Promise<PythonConnection> {
    try {
      const connection = await this.#connect(this.#signal(options));
      // Whoever terminated the session while it was being opened found nothing to close.
      if (this.#ended.signal.aborted) await connection[Symbol.asyncDispose]();
      this.#ended.signal.throwIfAborted();
      return connection;
    } catch (error) {
      throw this.#ended.signal.aborted ? terminated() : error;
    }
  }

  async #setUp(connection: PythonConnection, code: string, options: ExecOptions): Promise<void> {
    const session = this.#session ?? randomUUID();
    const { outcome, printed } = await this.#call(connection, "set_up", { session, code }, options);
    if (outcome?.error) {
      throw pythonError("execution/setup-failed", outcome.error, { ...printed, images: outcome.images });
    }
    this.#session = session;
  }

  async #call(
    connection: PythonConnection,
    fn: string,
    args: Record<string, unknown>,
    options: ExecOptions,
  ): Promise<Extract<CellEnd, { how: "finished" }>> {
    this.#running = new RunningCell(connection, fn, args, options);
    const end = await this.#running.end.finally(() => {
      this.#running = undefined;
    });
    if (end.how === "finished") return end;
    if (this.#ended.signal.aborted) throw terminated();
    if (end.how === "died") {
      this.#session = undefined;
      throw died(end);
    }
    const survived = this.#session !== undefined && (await connection.isSetUp(this.#session));
    if (!survived) this.#session = undefined;
    throw stopped(end, options, survived);
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#session = undefined;
    await connection?.[Symbol.asyncDispose]();
  }
}
