/** The Python stream to which a text was printed. */
export type OutputStream = "stdout" | "stderr";

/** The progress of a call, as its function reports it. */
export interface CallProgress {
  done: number;
  /** Undefined if the function does not know it. */
  total: number | undefined;
  message: string | undefined;
}

export interface WatchOptions {
  /** Cancels the call, in the worker too. */
  signal?: AbortSignal | undefined;
  /** Receives the output of the call while it runs. */
  onOutput?: ((text: string, stream: OutputStream) => void) | undefined;
  onProgress?: ((progress: CallProgress) => void) | undefined;
}

export interface CallOptions extends WatchOptions {
  /** Cancels the call if it has not ended this long after the host accepted it, including time in the queue. */
  timeoutMs?: number | undefined;
  /** Your own ID for the call, with which another client can `attach` to it: at most 64 of `[A-Za-z0-9._-]`. */
  callId?: string | undefined;
}

export interface StreamOptions extends CallOptions {
  /** How many items the function may produce before they are read. @default 16 */
  buffer?: number | undefined;
}

export interface AttachOptions extends WatchOptions {
  /** The offset in bytes from which to receive the call's output. @default 0 */
  outputFrom?: number | undefined;
}

/** A function's arguments: by name, or in order. Arrays are not copied: do not change them until the call has ended. */
export type CallArguments = Readonly<Record<string, unknown>> | readonly unknown[];
