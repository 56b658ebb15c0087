import type { IncomingMessage } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import { WebSocket } from "ws";
import { RpcError } from "../errors.ts";
import { type Message, unpackMessage } from "../messages/message.ts";
import { authorisation, type Endpoint, webSocketUrl } from "./endpoint.ts";
import { Liveness } from "./liveness.ts";
import { errorFromResponse, unreachable } from "./refusal.ts";

const protocolVersion = 1;
const closeTimeoutMs = 1000;

export interface SocketHandlers {
  onMessage(message: Message): void;
  /** Called once, unless `close` was. */
  onLost(error: RpcError): void;
}

/** What a host says about itself when a connection is open. */
export interface Hello {
  readonly state: string;
  /** Differs whenever the host has been started anew. */
  readonly instance: string | undefined;
}

/** One open WebSocket to a host. */
export class Socket {
  readonly hello: Hello;
  readonly #webSocket: WebSocket;
  readonly #liveness: Liveness;

  constructor(webSocket: WebSocket, liveness: Liveness, hello: Hello) {
    this.#webSocket = webSocket;
    this.#liveness = liveness;
    this.hello = hello;
  }

  send(message: string | Buffer): void {
    // A socket that is closing drops it; whoever sent it hears of the closing and attaches again.
    this.#webSocket.send(message, ignore);
  }

  stopLiveness(): void {
    this.#liveness.stop();
  }

  async close(): Promise<void> {
    this.stopLiveness();
    if (this.#webSocket.readyState === WebSocket.CLOSED) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#webSocket.once("close", () => resolve());
    const timer = setTimeout(() => this.#webSocket.terminate(), closeTimeoutMs);
    this.#webSocket.close(1000);
    await promise;
    clearTimeout(timer);
  }
}

export interface OpenOptions extends Endpoint {
  /** Ends the attempt. */
  signal: AbortSignal;
  livenessIntervalMs: number;
}

/**
 * Opens a WebSocket and waits for the host's hello.
 *
 * @throws RpcError `rpc/unreachable`, `rpc/unauthorised`, `rpc/forbidden`, `rpc/protocol` or `rpc/cancelled`
 */
export async function openSocket(options: OpenOptions, handlers: SocketHandlers): Promise<Socket> {
  const { url, signal, livenessIntervalMs } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const webSocket = createWebSocket(options);
  let tcp: TcpSocket | undefined;
  let socket: Socket | undefined;
  let ended = false;

  const fail = (error: RpcError) => {
    if (ended) return;
    ended = true;
    socket?.stopLiveness();
    webSocket.terminate();
    if (socket === undefined) reject(error);
    else handlers.onLost(error);
  };
  const lose = (why: string) => fail(unreachable(url, new Error(why)));

  webSocket.on("upgrade", (response: IncomingMessage) => {
    tcp = response.socket;
  });
  webSocket.on("unexpected-response", (_request, response: IncomingMessage) => {
    void readBody(response).then((body) => fail(errorFromResponse(response.statusCode ?? 0, body, url)));
  });
  webSocket.on("error", (error) => fail(unreachable(url, error)));
  webSocket.on("close", () => lose("the connection was lost"));
  webSocket.on("message", (data) => {
    try {
      const message = unpackMessage(data as Buffer);
      if (socket !== undefined) return handlers.onMessage(message);
      const hello = readHello(message, url);
      const liveness = new Liveness(webSocket, tcp as TcpSocket, livenessIntervalMs, () =>
        lose("the connection has gone silent"),
      );
      socket = new Socket(webSocket, liveness, hello);
      resolve(socket);
    } catch (error) {
      fail(error as RpcError);
    }
  });

  const onAbort = () => fail(abortError(signal.reason, url));
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function abortError(reason: unknown, url: string): RpcError {
  if (RpcError.isInstance(reason)) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return unreachable(url, new Error("it did not answer in time"));
  }
  return new RpcError("rpc/cancelled", "Connecting was cancelled", { cause: reason });
}

function createWebSocket(options: OpenOptions): WebSocket {
  return new WebSocket(webSocketUrl(options), "seer.v1", {
    headers: authorisation(options),
    perMessageDeflate: false,
    // The host bounds what it sends; the default of 100 MiB is less than one layer's activations.
    maxPayload: 0,
    // Masking protects old proxies from browsers. A mask of zeros changes nothing, so it costs nothing.
    generateMask: (mask) => {
      mask.fill(0);
    },
  });
}

function readHello({ header }: Message, url: string): Hello {
  if (header.op !== "hello") throw new RpcError("rpc/protocol", `${url} does not begin with a hello`);
  if (header.protocol !== protocolVersion) {
    throw new RpcError(
      "rpc/protocol",
      `The host at ${url} speaks version ${header.protocol} of the protocol, this client version ${protocolVersion}`,
      { hint: "Install the same version of Seer on both sides." },
    );
  }
  return {
    state: String(header.state),
    instance: header.instance === undefined ? undefined : String(header.instance),
  };
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) body += chunk;
  } catch {
    // What came is all there is to show.
  }
  return body;
}

function ignore(): void {}
