import type { WireError } from "@seer/rpc";

/** An error as a host answers it: see "Errors" in the protocol. */
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
