import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The HTTP status to refuse a request with; undefined when it is from somebody who was given the token. */
export function refusal(request: IncomingMessage, token: string): 401 | 403 | undefined {
  const { host = "", origin, authorization = "" } = request.headers;
  // A web page in the user's browser can reach this port too, under any name that it makes resolve to it.
  if (origin !== undefined || !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return 403;
  return equal(authorization, `Bearer ${token}`) ? undefined : 401;
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
