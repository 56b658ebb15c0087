/** One way of calling one server, from one language. Times are in milliseconds. */
export interface Driver extends AsyncDisposable {
  /** Fails unless every answer is right. */
  check(): Promise<void>;
  /** Calls one after another; the time of each. */
  measure(operation: Operation, count: number): Promise<number[]>;
  /** `count` calls, `callers` at a time; the time of all. */
  burst(operation: Operation, callers: number, count: number): Promise<number>;
  /** Probes the server's health while a call holds the interpreter's lock; the time of each probe. */
  probe(holdCount: number): Promise<number[]>;
}

export type Operation = "echo" | "numbers" | "floats" | "take" | "nap" | "health";
