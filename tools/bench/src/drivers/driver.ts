/** One way of calling one server, from one language. Times are in milliseconds. */
export interface Driver extends AsyncDisposable {
  /** Fails unless all answers are correct. */
  check(): Promise<void>;
  /** Runs calls one after another; returns the time of each. */
  measure(operation: Operation, count: number): Promise<number[]>;
  /** Runs `count` calls, `callers` at a time; returns the total time. */
  burst(operation: Operation, callers: number, count: number): Promise<number>;
  /** Probes the server's health while a call holds the GIL; returns the time of each probe. */
  probe(holdCount: number): Promise<number[]>;
}

export type Operation = "echo" | "numbers" | "floats" | "take" | "nap" | "health";
