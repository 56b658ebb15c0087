import { EnvironmentError } from "../../errors.ts";
import { credentialsMissing } from "./credentials.ts";

export interface CallOptions {
  signal?: AbortSignal | undefined;
  /** Maximum time for the call. @default 60_000 */
  deadlineMs?: number | undefined;
  /** Creates the error for a call that exceeds its deadline. */
  onDeadline?: (() => Error) | undefined;
}

/**
 * Makes a call through Modal's SDK with a deadline and a signal, which the SDK does not support. A call that is given up
 * continues in the background, and its result is ignored.
 *
 * @param action What the call does, for messages: "start a sandbox"
 * @throws EnvironmentError `environment/backend-unreachable` or `environment/credentials-missing`
 */
export async function callModal<T>(
  action: string,
  work: () => Promise<T>,
  { signal, deadlineMs = 60_000, onDeadline = () => deadlineExceeded(action, deadlineMs) }: CallOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const answer = work();
  // Handle a rejection after the race is over.
  answer.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const interruption = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    timer = setTimeout(() => reject(onDeadline()), deadlineMs);
  });
  try {
    return await Promise.race([answer, interruption]);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw asEnvironmentError(action, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Checks an SDK error by name, because two copies of the SDK may be installed. */
export function isModalError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name || error.constructor.name);
}

/** The gRPC status code of an error, if it has one. */
export function statusOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return error instanceof Error && typeof code === "number" ? code : undefined;
}

export const status = {
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

const unreachable: ReadonlySet<number | undefined> = new Set([
  status.cancelled,
  status.unknown,
  status.deadlineExceeded,
  status.resourceExhausted,
  status.internal,
  status.unavailable,
]);

function asEnvironmentError(action: string, error: unknown): unknown {
  const code = statusOf(error);
  const message = errorText(error);
  if (code === status.unauthenticated || code === status.permissionDenied) {
    return credentialsMissing(`Modal rejected the token (to ${action}): ${message}`, error);
  }
  // Raised by the SDK itself for an incomplete profile.
  if (
    /missing credentials|OAuth/.test(message) &&
    code === undefined &&
    !EnvironmentError.isInstance(error)
  ) {
    return credentialsMissing(`No Modal account is configured: ${message}`, error);
  }
  if (!unreachable.has(code)) return error;
  return new EnvironmentError("environment/backend-unreachable", `Modal failed to ${action}: ${message}`, {
    hint: "Try again; see https://status.modal.com for outages.",
    cause: error,
  });
}

function deadlineExceeded(action: string, deadlineMs: number): EnvironmentError {
  return new EnvironmentError(
    "environment/backend-unreachable",
    `Modal did not ${action} within ${Math.round(deadlineMs / 1000)} s`,
    { hint: "Try again; see https://status.modal.com for outages." },
  );
}

/** The server's message, without the text that the SDK adds to it. */
export function errorText(error: unknown): string {
  const { details } = error as { details?: unknown };
  if (typeof details === "string" && details !== "") return details;
  return error instanceof Error ? error.message : String(error);
}
