import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Why a request may not be served, or undefined when it may. */
export function refusalOf(
  request: IncomingMessage,
  token: string,
): [status: number, message: string] | undefined {
  const { authorization = "", origin, host = "" } = request.headers;
  if (!equal(authorization, `Bearer ${token}`)) return [401, "the bearer token is missing or wrong"];
  // A web page has an origin, or reaches here under a name of its own.
  if (origin !== undefined) return [403, "web pages may not call this server"];
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host)) return [403, `this server is not ${host}`];
  return undefined;
}

export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32000, message } }));
}

/** Compares in a time that says nothing of where the two differ. */
function equal(one: string, other: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
