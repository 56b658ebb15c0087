import type { z } from "zod";
import { RpcError } from "../errors.ts";
import { errorFromResponse, unreachable } from "./connection-errors.ts";
import { authorisation, type Endpoint, resource } from "./endpoint.ts";
import { anySignal, timeoutSignal } from "./timer.ts";

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** @default 30_000 */
  timeoutMs?: number | undefined;
}

export interface RequestBody {
  /** JSON. */
  body?: string | undefined;
}

/** Sends an HTTP request to the host and returns the body of the answer. */
export async function request(
  endpoint: Endpoint,
  method: string,
  path: string,
  { signal, timeoutMs = 30_000, body: sent }: RequestOptions & RequestBody = {},
): Promise<string> {
  const timeout = timeoutSignal(timeoutMs);
  let response: Response;
  let body: string;
  try {
    response = await fetch(resource(endpoint, path), {
      method,
      headers: {
        ...authorisation(endpoint),
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(sent === undefined ? {} : { body: sent }),
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

/** Parses an answer and checks it against a schema, because a host of another version may send something else. */
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
  return checkAnswer(what, schema, answer);
}

/** Checks a parsed answer against a schema. */
export function checkAnswer<S extends z.ZodType>(what: string, schema: S, answer: unknown): z.output<S> {
  let result: z.ZodSafeParseResult<z.output<S>>;
  try {
    result = schema.safeParse(answer);
  } catch (cause) {
    // The answer is nested so deeply that the stack overflows.
    throw new RpcError("rpc/protocol", `The host's ${what} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new RpcError(
    "rpc/protocol",
    `The host's ${what} is not as expected at ${issue?.path.join(".")}: ${issue?.message}`,
  );
}
