import { RpcError } from "../errors.ts";
import { type Message, type PackedMessage, unpackMessage } from "../messages/message.ts";
import { errorFromResponse, unreachable } from "./connection-errors.ts";
import { authorisation, type Endpoint, webSocketUrl } from "./endpoint.ts";
import { Liveness } from "./liveness.ts";
import { WebSocket } from "./web-socket.ts";

const protocolVersion = 1;

export interface SocketHandlers {
  onMessage(message: Message): void;
  /** Called once, unless `close` was. */
  onLost(error: RpcError): void;
}

/** The information that a host sends first on a new connection. */
export interface Hello {
  readonly state: string;
  /** Identifies a run of the host: changes when it is restarted. */
  readonly instance: string | undefined;
  /** The version of the file that the host serves. */
  readonly revision: number | undefined;
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

  send(message: PackedMessage): void {
    // A closing socket drops the message; its sender learns of the closing and attaches again.
    this.#webSocket.send(message);
  }

  stopLiveness(): void {
    this.#liveness.stop();
  }

  async close(): Promise<void> {
    this.stopLiveness();
    await this.#webSocket.close();
  }
}

export interface OpenOptions extends Endpoint {
  /** Cancels the attempt. */
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
  let socket: Socket | undefined;
  let ended = false;

  const fail = (error: RpcError) => {
    if (ended) return;
    ended = true;
    socket?.stopLiveness();
    webSocket.destroy();
    if (socket === undefined) reject(error);
    else handlers.onLost(error);
  };
  const lose = (why: string) => fail(unreachable(url, new Error(why)));

  const webSocket = new WebSocket(webSocketUrl(options), authorisation(options), {
    onMessage(payload) {
      try {
        const message = unpackMessage(payload);
        if (socket !== undefined) return handlers.onMessage(message);
        const hello = readHello(message, url);
        const silent = () => lose("the connection has gone silent");
        socket = new Socket(webSocket, new Liveness(webSocket, livenessIntervalMs, silent), hello);
        resolve(socket);
      } catch (error) {
        fail(error as RpcError);
      }
    },
    onRefused: (status, body) => fail(errorFromResponse(status, body, url)),
    onClose: (error) =>
      error === undefined ? lose("the connection was lost") : fail(unreachable(url, error)),
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
    revision: header.revision === undefined ? undefined : Number(header.revision),
  };
}
