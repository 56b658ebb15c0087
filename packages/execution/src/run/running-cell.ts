import { randomUUID } from "node:crypto";
import { RpcError } from "@seer/rpc";
import { BoundedText } from "./bounded-text.ts";
import { type CellOutcome, cellOutcomeSchema } from "./cell-outcome.ts";
import type { ExecOptions } from "./execution-result.ts";
import type { PythonConnection } from "./python-connection.ts";

export interface Printed {
  stdout: string;
  stderr: string;
}

/** How a cell ended, and what it had printed by then. */
export type CellEnd = { printed: Printed } & (
  | { how: "finished"; outcome: CellOutcome }
  | { how: "interrupted" | "timeout" }
  | { how: "died"; cause: RpcError }
);

/** A cell that has been sent to Python. */
export class RunningCell {
  readonly end: Promise<CellEnd>;
  readonly #connection: PythonConnection;
  readonly #callId = randomUUID();
  readonly #stdout = new BoundedText();
  readonly #stderr = new BoundedText();
  #stoppedBy: "interrupted" | "timeout" | undefined;

  constructor(connection: PythonConnection, fn: string, args: Record<string, unknown>, options: ExecOptions) {
    this.#connection = connection;
    this.end = this.#run(fn, args, options);
  }

  /** Interrupts it and waits for its end. */
  async stop(why: "interrupted" | "timeout" = "interrupted"): Promise<void> {
    this.#stoppedBy ??= why;
    await this.#connection.interrupt(this.#callId);
    await this.end.catch(() => {});
  }

  async #run(
    fn: string,
    args: Record<string, unknown>,
    { timeoutMs, signal, onOutput }: ExecOptions,
  ): Promise<CellEnd> {
    if (signal?.aborted) return { how: "interrupted", printed: this.#printed() };
    const onAbort = () => void this.stop();
    signal?.addEventListener("abort", onAbort, { once: true });
    // Node's timers hold 24 days at most.
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => this.stop("timeout"), Math.min(timeoutMs, 2 ** 31 - 1));
    try {
      const answer = await this.#connection.call(fn, args, {
        callId: this.#callId,
        onOutput: (text, stream) => {
          (stream === "stdout" ? this.#stdout : this.#stderr).append(text);
          onOutput?.(text, stream);
        },
      });
      return { how: "finished", outcome: cellOutcomeSchema.parse(answer), printed: this.#printed() };
    } catch (error) {
      if (!RpcError.isInstance(error)) throw error;
      if (error.code === "rpc/cancelled")
        return { how: this.#stoppedBy ?? "interrupted", printed: this.#printed() };
      if (!isDeath(error)) throw error;
      return { how: "died", cause: error, printed: this.#printed() };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #printed(): Printed {
    return { stdout: this.#stdout.toString(), stderr: this.#stderr.toString() };
  }
}

function isDeath({ code }: RpcError): boolean {
  return ["rpc/worker-died", "rpc/load-failed", "rpc/unreachable", "rpc/call-lost", "rpc/closed"].includes(
    code,
  );
}
