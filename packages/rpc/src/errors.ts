import { SeerError, type SeerErrorOptions } from "@seer/config";

/** Codes of the errors that `@seer/rpc` throws; those that a host reports are named as in the protocol. */
export type RpcErrorCode =
  | `rpc/${HostErrorCode}`
  /** The host cannot be reached, or not any more. */
  | "rpc/unreachable"
  /** What answered does not speak this protocol, or not this version of it. */
  | "rpc/protocol"
  /** The connection was lost and the host started anew, so nobody knows whether the call ran. */
  | "rpc/call-lost"
  /** The client was closed while the call was under way; the call itself goes on. */
  | "rpc/closed"
  /** No usable Python interpreter. */
  | "rpc/no-python"
  /** The host process did not start. */
  | "rpc/host-failed";

const hostErrorCodes = [
  "exception",
  "invalid-arguments",
  "unserialisable",
  "unknown-function",
  "unknown-call",
  "unknown-ref",
  "loading",
  "load-failed",
  "worker-died",
  "cancelled",
  "deadline",
  "queue-full",
  "rate-limited",
  "too-large",
  "bad-request",
  "unauthorised",
  "forbidden",
] as const;

type HostErrorCode = (typeof hostErrorCodes)[number];

/** An error as it travels: see "Errors" in PROTOCOL.md. */
export interface WireError {
  code: string;
  message: string;
  type?: string | null | undefined;
  traceback?: string | null | undefined;
  hint?: string | null | undefined;
  details?: Record<string, unknown> | null | undefined;
}

export interface RpcErrorOptions extends SeerErrorOptions {
  /** What the host adds, such as the wrong parameter's name or the dead worker's exit code. */
  details?: Record<string, unknown> | undefined;
  /** Python's traceback, when there is one. */
  traceback?: string | undefined;
}

const marker = Symbol.for("seer.rpc.error");
const remoteMarker = Symbol.for("seer.rpc.remote-error");

/** A call, or the way to it, failed; `code` says how. */
export class RpcError extends SeerError<RpcErrorCode> {
  readonly details: Record<string, unknown>;
  /** Python's traceback, when there is one; also part of `stack`. */
  readonly traceback: string | undefined;

  constructor(code: RpcErrorCode, message: string, options: RpcErrorOptions = {}) {
    super(code, message, options);
    this.name = "RpcError";
    this.details = options.details ?? {};
    this.traceback = options.traceback;
    Object.defineProperty(this, marker, { value: true });
    // Printing an error prints its stack and its enumerable properties; the traceback should be read once.
    Object.defineProperty(this, "traceback", { enumerable: false });
    if (options.traceback !== undefined) showTraceback(this, options.traceback);
  }

  static override isInstance(value: unknown): value is RpcError {
    return typeof value === "object" && value !== null && marker in value;
  }
}

/** The called Python function raised an exception. */
export class RemoteError extends RpcError {
  /** The exception's class, such as `ValueError`. */
  readonly pythonType: string;
  declare readonly traceback: string;

  constructor(pythonType: string, message: string, traceback: string, options: RpcErrorOptions = {}) {
    super("rpc/exception", message, options);
    this.name = "RemoteError";
    this.pythonType = pythonType;
    Object.defineProperty(this, "traceback", { value: traceback });
    Object.defineProperty(this, remoteMarker, { value: true });
    showTraceback(this, traceback);
  }

  static override isInstance(value: unknown): value is RemoteError {
    return typeof value === "object" && value !== null && remoteMarker in value;
  }
}

/** The error that a host reported, as the class that a caller catches. */
export function errorFromHost(error: WireError): RpcError {
  const options = {
    hint: error.hint ?? undefined,
    details: error.details ?? {},
    traceback: error.traceback || undefined,
  };
  if (error.code === "exception") {
    return new RemoteError(error.type ?? "Exception", error.message, error.traceback ?? "", options);
  }
  const known = hostErrorCodes.find((code) => code === error.code);
  if (known !== undefined) return new RpcError(`rpc/${known}`, error.message, options);
  return new RpcError("rpc/protocol", `${error.message} (unknown error code \`${error.code}\`)`, options);
}

/** Puts Python's traceback before the local stack, where terminals and test runners show it. */
function showTraceback(error: RpcError, traceback: string): void {
  if (traceback === "") return;
  const local = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
  const stack = `${error.name} [${error.code}]: ${traceback.trimEnd()}\n\nCalled from:\n${local}`;
  Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
}
