import type { z } from "zod";
import { RpcError } from "../errors.ts";
import { authorisation, type Endpoint, resource } from "./endpoint.ts";
import { errorFromResponse, unreachable } from "./refusal.ts";
import { anySignal, timeoutSignal } from "./timer.ts";

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** @default 30_000 */
  timeoutMs?: number | undefined;
}

/** Sends one plain HTTP request to the host and returns the body of its answer. */
export async function request(
  endpoint: Endpoint,
  method: string,
  path: string,
  { signal, timeoutMs = 30_000 }: RequestOptions = {},
): Promise<string> {
  const timeout = timeoutSignal(timeoutMs);
  let response: Response;
  let body: string;
  try {
    response = await fetch(resource(endpoint, path), {
      method,
      headers: authorisation(endpoint),
      signal: anySignal(signal, timeout),
    });
    body = await response.text();
  } catch (cause) {
    if (signal?.aborted) throw new RpcError("rpc/cancelled", `${method} ${path} was cancelled`, { cause });
    if (timeout.aborted) throw unreachable(endpoint.url, new Error(`no answer within ${timeoutMs} ms`));
    throw unreachable(endpoint.url, cause);
  }
  if (!response.ok) throw errorFromResponse(response.status, body, endpoint.url);
  return body;
}

/** Reads an answer whose shape is known; a host of another version may send another. */
export function parseAnswer<S extends z.ZodType>(
  what: string,
  schema: S,
  body: string,
  parse: (body: string) => unknown = JSON.parse,
): z.output<S> {
  let answer: unknown;
  try {
    answer = parse(body);
  } catch (cause) {
    throw new RpcError("rpc/protocol", `The host's ${what} is not JSON`, { cause });
  }
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RpcError(
    "rpc/protocol",
    `The host's ${what} is not as expected at ${issue?.path.join(".")}: ${issue?.message}`,
  );
}
