import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface ForwardOptions {
  to: URL;
  token: string;
  agent: HttpAgent | HttpsAgent;
  /** Time left until the call's deadline. */
  deadlineMs?: number | undefined;
  /** Called with the beginning of the body when all of the answer has been sent to the client. */
  onAnswered?: ((status: number, contentType: string, beginning: string) => void) | undefined;
}

// Shorter than the time after which hosts close idle connections, so that none is closed just as it is reused.
const idleSocketMs = 60_000;
const beginningBytes = 512;
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export function connectionsTo(url: string): HttpAgent | HttpsAgent {
  const options = { keepAlive: true, timeout: idleSocketMs };
  return url.startsWith("https:") ? new HttpsAgent(options) : new HttpAgent(options);
}

/**
 * Forwards a request and streams the answer back, with backpressure. If one connection breaks, the other is closed
 * too, so that the client can handle it like a direct connection.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { to, token, agent, deadlineMs, onAnswered }: ForwardOptions,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const send = to.protocol === "https:" ? httpsRequest : httpRequest;
  const headers = { ...endToEnd(request.headers), host: to.host, authorization: `Bearer ${token}` };
  const outgoing = send(to, {
    method: request.method,
    agent,
    headers: {
      ...headers,
      ...bodyLength(request),
      ...(deadlineMs === undefined ? {} : { "seer-deadline-ms": String(Math.max(1, Math.ceil(deadlineMs))) }),
    },
  });
  // It does not keep the process alive.
  outgoing.on("socket", (socket) => socket.unref());
  const abort = () => response.destroy();
  outgoing.on("error", abort);
  outgoing.on("response", (answer) => {
    const beginning: Buffer[] = [];
    let taken = 0;
    answer.on("data", (chunk: Buffer) => {
      if (taken < beginningBytes) beginning.push(chunk.subarray(0, beginningBytes - taken));
      taken += chunk.byteLength;
    });
    answer.on("error", abort);
    const status = answer.statusCode ?? 502;
    response.writeHead(status, endToEnd(answer.headers));
    response.once("finish", () =>
      onAnswered?.(status, answer.headers["content-type"] ?? "", Buffer.concat(beginning).toString("latin1")),
    );
    answer.pipe(response);
  });
  response.once("close", () => {
    outgoing.destroy();
    resolve();
  });
  // The client disconnected while it waited.
  if (response.destroyed) outgoing.destroy();
  request.pipe(outgoing);
  await promise;
}

function endToEnd(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

/** A host needs the length of every body, or chunked encoding. */
function bodyLength({ headers }: IncomingMessage): Record<string, string> {
  if (headers["transfer-encoding"] !== undefined) return { "transfer-encoding": "chunked" };
  return { "content-length": headers["content-length"] ?? "0" };
}
