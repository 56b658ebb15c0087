import { SeerError, type SeerErrorOptions } from "@seer/config";

/** The codes of the errors that `@seer/rpc` throws; a host's errors have the names that they have in the protocol. */
export type RpcErrorCode =
  | `rpc/${HostErrorCode}`
  /** The host cannot be reached. */
  | "rpc/unreachable"
  /** The server does not speak this protocol, or speaks another version of it. */
  | "rpc/protocol"
  /** The connection was lost and the host restarted, so it is unknown whether the call ran. */
  | "rpc/call-lost"
  /** The client was closed while the call was in flight; the call itself continues. */
  | "rpc/closed"
  /** A server cannot listen on the requested port. */
  | "rpc/port-unavailable"
  /** No usable Python interpreter. */
  | "rpc/no-python"
  /** The host process did not start. */
  | "rpc/host-failed"
  /** A sandbox's network namespace cannot be connected. */
  | "rpc/network-unavailable";

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

/** An error in the form of the protocol: see "Errors" in PROTOCOL.md. */
export interface WireError {
  code: string;
  message: string;
  type?: string | null | undefined;
  traceback?: string | null | undefined;
  hint?: string | null | undefined;
  details?: Record<string, unknown> | null | undefined;
}

export interface RpcErrorOptions extends SeerErrorOptions {
  /** Data from the host, such as the name of the wrong parameter or the exit code of the worker. */
  details?: Record<string, unknown> | undefined;
  /** Python's traceback, if there is one. */
  traceback?: string | undefined;
}

const marker = Symbol.for("seer.rpc.error");
const remoteMarker = Symbol.for("seer.rpc.remote-error");

/** A call or a connection failed; `code` names the reason. */
export class RpcError extends SeerError<RpcErrorCode> {
  readonly details: Record<string, unknown>;
  /** Python's traceback, if there is one; also part of `stack`. */
  readonly traceback: string | undefined;

  constructor(code: RpcErrorCode, message: string, options: RpcErrorOptions = {}) {
    super(code, message, options);
    this.name = "RpcError";
    this.details = options.details ?? {};
    this.traceback = options.traceback;
    Object.defineProperty(this, marker, { value: true });
    // Not enumerable, because printing an error would show the traceback twice: it is part of the stack too.
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

/** Converts an error of the host to an error class. */
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

/** Puts Python's traceback before the local stack, so that terminals and test runners show it. */
function showTraceback(error: RpcError, traceback: string): void {
  if (traceback === "") return;
  const local = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .join("\n");
  const stack = `${error.name} [${error.code}]: ${traceback.trimEnd()}\n\nCalled from:\n${local}`;
  Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
}
