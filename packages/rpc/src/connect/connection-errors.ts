import { errorFromHost, RpcError, type WireError } from "../errors.ts";

/** The error for an unsuccessful HTTP response: the host's own error if the response contains one. */
export function errorFromResponse(status: number, body: string, url: string): RpcError {
  const error = parseError(body);
  if (error !== undefined) return errorFromHost(error);
  if (status === 401) {
    return new RpcError("rpc/unauthorised", `The host at ${url} does not accept the token`, {
      hint: "Use the token that the host was started with.",
    });
  }
  if (status === 403)
    return new RpcError("rpc/forbidden", `The host at ${url} does not allow this with this token`);
  const answer = body === "" ? "" : `: ${body.slice(0, 200)}`;
  // 404 and 5xx come from a proxy whose host is gone; other statuses are not from a host of this protocol.
  const code = status === 404 || status >= 500 ? "rpc/unreachable" : "rpc/protocol";
  return new RpcError(code, `${url} answered with status ${status}${answer}`);
}

function parseError(body: string): WireError | undefined {
  try {
    const parsed = JSON.parse(body) as { error?: Partial<WireError> } | null;
    const error = parsed?.error;
    return typeof error?.code === "string" && typeof error.message === "string"
      ? (error as WireError)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The error for a host that did not answer. */
export function unreachable(url: string, cause: unknown): RpcError {
  return new RpcError("rpc/unreachable", `The host at ${url} cannot be reached: ${reasonOf(cause)}`, {
    cause,
  });
}

function reasonOf(cause: unknown): string {
  // `fetch` only says "fetch failed", and a name with several IPs gives an AggregateError without a message.
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
  if (inner instanceof AggregateError && inner.errors.length > 0) return reasonOf(inner.errors[0]);
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
