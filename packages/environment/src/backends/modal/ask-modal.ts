import { EnvironmentError } from "../../errors.ts";
import { credentialsMissing } from "./credentials.ts";

export interface AskOptions {
  signal?: AbortSignal | undefined;
  /** How long an answer may take. @default 60_000 */
  deadlineMs?: number | undefined;
  /** The error for an answer that takes too long. */
  late?: (() => Error) | undefined;
}

/**
 * Does something through Modal's SDK, whose calls know no deadline and no signal: what comes too late is left to
 * itself.
 *
 * @param what What is done, for messages: "start a sandbox"
 * @throws EnvironmentError `environment/backend-unreachable` or `environment/credentials-missing`
 */
export async function askModal<T>(
  what: string,
  work: () => Promise<T>,
  { signal, deadlineMs = 60_000, late = () => tooLate(what, deadlineMs) }: AskOptions = {},
): Promise<T> {
  signal?.throwIfAborted();
  const answer = work();
  // When nobody waits for it any more.
  answer.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const interruption = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    timer = setTimeout(() => reject(late()), deadlineMs);
  });
  try {
    return await Promise.race([answer, interruption]);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw asEnvironmentError(what, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Whether an error is one of the SDK's, which are told by their names: two copies of it may be installed. */
export function isModalError(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name || error.constructor.name);
}

/** The gRPC status of an error, where it has one. */
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

function asEnvironmentError(what: string, error: unknown): unknown {
  const code = statusOf(error);
  const said = saidBy(error);
  if (code === status.unauthenticated || code === status.permissionDenied) {
    return credentialsMissing(`Modal does not accept the token, to ${what}: ${said}`, error);
  }
  // The SDK's own check, for a profile that is half filled in.
  if (/missing credentials|OAuth/.test(said) && code === undefined && !EnvironmentError.isInstance(error)) {
    return credentialsMissing(`Modal's account is not set up: ${said}`, error);
  }
  if (!unreachable.has(code)) return error;
  return new EnvironmentError("environment/backend-unreachable", `Modal failed to ${what}: ${said}`, {
    hint: "Try again; https://status.modal.com says whether Modal is well.",
    cause: error,
  });
}

function tooLate(what: string, deadlineMs: number): EnvironmentError {
  return new EnvironmentError(
    "environment/backend-unreachable",
    `Modal did not ${what} within ${Math.round(deadlineMs / 1000)} s`,
    { hint: "Try again; https://status.modal.com says whether Modal is well." },
  );
}

/** What a server said, without the SDK's own words around it. */
export function saidBy(error: unknown): string {
  const { details } = error as { details?: unknown };
  if (typeof details === "string" && details !== "") return details;
  return error instanceof Error ? error.message : String(error);
}
