import { SeerError } from "@seer/config";
import { RpcError, type WireError } from "../errors.ts";
import type { Rights } from "./host-address.ts";
import type { StartFailure } from "./host-lifecycle.ts";

/** An error in the form in which a host sends it: see "Errors" in the protocol. */
export interface Refusal {
  readonly status: number;
  readonly error: WireError;
}

const statuses = {
  unauthorised: 401,
  forbidden: 403,
  "bad-request": 400,
  "unknown-call": 404,
  "unknown-ref": 404,
  loading: 503,
  "load-failed": 503,
  cancelled: 499,
  deadline: 504,
} as const;

export function refusal(
  code: keyof typeof statuses,
  message: string,
  more: Partial<WireError> = {},
): Refusal {
  const error = { code, type: null, message, traceback: null, hint: null, details: {}, ...more };
  return { status: statuses[code], error };
}

/** The error for calls that waited for a host whose start failed; only admins are told the details. */
export function startRefusal(error: unknown, rights: Rights): Refusal {
  const { message, publicMessage } = error as Partial<StartFailure>;
  if (rights !== "admin") {
    return refusal("load-failed", publicMessage ?? "The sandbox could not be started again", {
      hint: "The next call tries again. The reason is shown in the progress, and with the admin token.",
    });
  }
  const known = SeerError.isInstance(error) ? error : undefined;
  return refusal("load-failed", message ?? String(error), {
    traceback: tracebackOf(error) ?? null,
    hint: known?.hint ?? "The next call tries again.",
    details: known === undefined ? {} : { code: known.code },
  });
}

function tracebackOf(error: unknown): string | undefined {
  if (RpcError.isInstance(error) && error.traceback !== undefined) return error.traceback;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? undefined : tracebackOf(cause);
}
