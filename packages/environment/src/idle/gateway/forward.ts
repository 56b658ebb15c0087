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
  /** What is left of the call's deadline. */
  deadlineMs?: number | undefined;
  /** Told of the answer with the beginning of its body, when all of it has been handed on. */
  onAnswered?: ((status: number, contentType: string, beginning: string) => void) | undefined;
}

// Hosts close connections that nobody uses only after minutes, so that none of these is closed when it is used.
const freeSocketMs = 60_000;
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
  const options = { keepAlive: true, timeout: freeSocketMs };
  return url.startsWith("https:") ? new HttpsAgent(options) : new HttpAgent(options);
}

/**
 * Hands on a request and its answer, each as it comes and no faster than the other side takes it. A connection that
 * breaks on one side is broken on the other, so that the client does what it does about that.
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
  // As anything else of a sandbox, it does not keep this process alive.
  outgoing.on("socket", (socket) => socket.unref());
  const breakOff = () => response.destroy();
  outgoing.on("error", breakOff);
  outgoing.on("response", (answer) => {
    const beginning: Buffer[] = [];
    let taken = 0;
    answer.on("data", (chunk: Buffer) => {
      if (taken < beginningBytes) beginning.push(chunk.subarray(0, beginningBytes - taken));
      taken += chunk.byteLength;
    });
    answer.on("error", breakOff);
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
  // Gone while it waited.
  if (response.destroyed) outgoing.destroy();
  request.pipe(outgoing);
  await promise;
}

function endToEnd(headers: IncomingMessage["headers"]): IncomingMessage["headers"] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

/** What a host asks of every body; one that comes without is for the host to refuse. */
function bodyLength({ headers }: IncomingMessage): Record<string, string> {
  if (headers["transfer-encoding"] !== undefined) return { "transfer-encoding": "chunked" };
  return { "content-length": headers["content-length"] ?? "0" };
}
