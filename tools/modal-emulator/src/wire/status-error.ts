import { Metadata, status } from "@grpc/grpc-js";

/** The name of a gRPC status, such as "UNAVAILABLE". */
export type StatusName = keyof typeof status;

/** An answer other than OK: what a handler throws to refuse a call. */
export class StatusError extends Error {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: StatusName, details: string, metadata: Metadata = new Metadata()) {
    super(`${code}: ${details}`);
    this.name = "StatusError";
    this.code = status[code];
    this.details = details;
    this.metadata = metadata;
  }
}

/** Any thrown value as the status that a client is sent. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // Not INTERNAL: clients retry that, and a bug of the emulator should surface at its first call.
  return new StatusError("DATA_LOSS", `The emulator failed: ${text}`);
}
