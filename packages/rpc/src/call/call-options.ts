/** Which of Python's streams a text was printed to. */
export type OutputStream = "stdout" | "stderr";

/** How far a call is, as the function reports it. */
export interface CallProgress {
  done: number;
  /** Undefined when the function does not know. */
  total: number | undefined;
  message: string | undefined;
}

export interface WatchOptions {
  /** Cancels the call, in the worker too. */
  signal?: AbortSignal | undefined;
  /** Gets what the call prints, as it prints it. */
  onOutput?: ((text: string, stream: OutputStream) => void) | undefined;
  onProgress?: ((progress: CallProgress) => void) | undefined;
}

export interface CallOptions extends WatchOptions {
  /** Cancels the call when it has not ended this long after the host accepted it, waiting in its queue included. */
  timeoutMs?: number | undefined;
  /** A name of your own for the call, so that another client can `attach` to it: `[A-Za-z0-9._-]`, at most 64. */
  callId?: string | undefined;
}

export interface StreamOptions extends CallOptions {
  /** How many items the function may be ahead of their reader. @default 16 */
  buffer?: number | undefined;
}

export interface AttachOptions extends WatchOptions {
  /** From which byte on to get what the call printed. @default 0 */
  outputFrom?: number | undefined;
}

/** A function's arguments: by name, or in order. Arrays are sent from where they lie: leave them as they are until the call has ended. */
export type CallArguments = Readonly<Record<string, unknown>> | readonly unknown[];
