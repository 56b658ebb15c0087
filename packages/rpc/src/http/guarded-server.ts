import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { RpcError } from "../errors.ts";
import { AccessCheck, type AccessCheckOptions, type AccessRefusal } from "./access-check.ts";

export interface GuardedServerOptions<Rights extends string> extends AccessCheckOptions<Rights> {
  /** Answers an authorised request; the connection is dropped if it rejects. */
  onRequest(request: IncomingMessage, response: ServerResponse, rights: Rights): Promise<void>;
  /** Takes over the connection of an authorised upgrade. Without it, an upgrade is treated as an ordinary request. */
  onUpgrade?: ((request: IncomingMessage, socket: Duplex, head: Buffer, rights: Rights) => void) | undefined;
  /** The JSON body that tells a client why it was refused. */
  refusalBody(refusal: AccessRefusal): string;
  /** How long a request may take to arrive; 0 for no limit. @default 300_000 */
  requestTimeoutMs?: number | undefined;
  /** The maximum number of open connections. @default 512 */
  maxConnections?: number | undefined;
  /** Whether the server keeps the process alive. @default true */
  keepsProcessAlive?: boolean | undefined;
}

const maxHeaderBytes = 32 * 1024;
const headersTimeoutMs = 20_000;
const checkTimeoutsEveryMs = 5000;
/** Longer than clients keep unused connections, so that none is closed just as it is reused. */
const keepAliveMs = 300_000;

/**
 * An HTTP server on 127.0.0.1 for clients with a token.
 *
 * Clients without a token cannot lock out others: if there are too many connections, those without an authorised
 * request are closed, oldest first.
 */
export class GuardedServer<Rights extends string> implements AsyncDisposable {
  readonly #options: GuardedServerOptions<Rights>;
  readonly #access: AccessCheck<Rights>;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  /** The connections without an authorised request, oldest first. */
  readonly #unauthenticated = new Set<Duplex>();
  #url = "";
  #closed: Promise<void> | undefined;

  constructor(options: GuardedServerOptions<Rights>) {
    const { requestTimeoutMs = 300_000, onUpgrade } = options;
    this.#options = options;
    this.#access = new AccessCheck(options);
    this.#server = createServer({
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: checkTimeoutsEveryMs,
      noDelay: true,
    });
    this.#server.on("connection", (socket) => this.#onConnection(socket));
    this.#server.on("request", (request, response) => this.#onRequest(request, response));
    if (onUpgrade === undefined) return;
    this.#server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      const rights = this.#admit(request);
      if (typeof rights === "string") onUpgrade(request, socket, head, rights);
      else refuseUpgrade(socket, rights.status, options.refusalBody(rights));
    });
  }

  /**
   * Starts listening, on any free port unless one is given.
   *
   * @throws RpcError `rpc/port-unavailable`
   */
  async listen(port = 0): Promise<void> {
    this.#server.listen({ host: "127.0.0.1", port });
    try {
      await once(this.#server, "listening");
    } catch (cause) {
      throw new RpcError("rpc/port-unavailable", `Port ${port} cannot be used: ${(cause as Error).message}`, {
        hint: "Choose another port, or omit it to use any free one.",
        cause,
      });
    }
    if (this.#options.keepsProcessAlive === false) this.#server.unref();
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The URL without a path; empty until the server listens. */
  get url(): string {
    return this.#url;
  }

  /** Stops listening and drops every connection. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onConnection(socket: Socket): void {
    if (this.#options.keepsProcessAlive === false) socket.unref();
    this.#sockets.add(socket);
    this.#unauthenticated.add(socket);
    socket.once("close", () => this.#forget(socket));
    if (this.#sockets.size <= (this.#options.maxConnections ?? 512)) return;
    const [oldest = socket] = this.#unauthenticated;
    this.#forget(oldest);
    oldest.destroy();
  }

  #forget(socket: Duplex): void {
    this.#sockets.delete(socket);
    this.#unauthenticated.delete(socket);
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const rights = this.#admit(request);
    if (typeof rights === "string") {
      this.#options.onRequest(request, response, rights).catch(() => response.destroy());
      return;
    }
    const body = this.#options.refusalBody(rights);
    // Close the connection instead of reading a body that may never end.
    response.writeHead(rights.status, { ...refusalHeaders(rights.status, body), connection: "close" });
    response.end(body);
  }

  #admit(request: IncomingMessage): Rights | AccessRefusal {
    const rights = this.#access.check(request.headers);
    if (typeof rights === "string") this.#unauthenticated.delete(request.socket);
    return rights;
  }
}

/** Answers an upgrade with an error, and closes its connection. */
export function refuseUpgrade(socket: Duplex, status: number, body: string): void {
  const headers = { ...refusalHeaders(status, body), connection: "close" };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join("")}\r\n${body}`, () => socket.destroy());
}

function refusalHeaders(status: number, body: string): Record<string, string | number> {
  return {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  };
}
