import { setTimeout as delay } from "node:timers/promises";
import { RpcError } from "../errors.ts";
import type { Message, PackedMessage } from "../messages/message.ts";
import { type Endpoint, isLoopback } from "./endpoint.ts";
import { type Hello, openSocket, type Socket } from "./socket.ts";
import { anySignal, timeoutSignal } from "./timer.ts";

export interface ConnectionOptions extends Endpoint {
  /** How long to try to restore a lost connection. */
  reconnectMs: number;
  livenessIntervalMs: number;
}

export interface ConnectionHandlers {
  onMessage(message: Message): void;
  /** The connection is restored. */
  onReopened(hello: Hello): void;
  /** The connection is lost; returns whether anything waits for a new one. */
  onLost(): boolean;
  /** Reconnecting failed. */
  onUnreachable(error: RpcError): void;
}

const attemptTimeoutMs = 10_000;
const firstDelayMs = 25;
const longestDelayMs = 2000;
// A refused loopback port usually means the host is gone; allow a moment for a tunnel to be restored.
const refusedOnLoopbackMs = 500;

/** A connection to a host that reconnects while any call waits for it. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #closing = new AbortController();
  #socket: Socket | undefined;
  #reopening = false;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Opens the first socket: one attempt. */
  async open(signal: AbortSignal): Promise<Hello> {
    this.#socket = await this.#attempt(signal);
    return this.#socket.hello;
  }

  /** Sends a message; returns false, and starts reconnecting, when there is no connection. */
  send(message: PackedMessage): boolean {
    if (this.#socket !== undefined) {
      this.#socket.send(message);
      return true;
    }
    void this.#reopen();
    return false;
  }

  async close(): Promise<void> {
    this.#closing.abort(new RpcError("rpc/closed", "The client is closed"));
    await this.#socket?.close();
    this.#socket = undefined;
  }

  async #attempt(signal: AbortSignal): Promise<Socket> {
    let lost: RpcError | undefined;
    const onLost = (error: RpcError) => {
      lost = error;
      if (this.isClosed || this.#socket === undefined) return;
      this.#socket = undefined;
      if (this.#handlers.onLost()) void this.#reopen();
    };
    const socket = await openSocket(
      { ...this.#options, signal: anySignal(signal, this.#closing.signal) },
      { onMessage: this.#handlers.onMessage, onLost },
    );
    // Lost between its hello and this line.
    if (lost !== undefined) throw lost;
    return socket;
  }

  async #reopen(): Promise<void> {
    if (this.#reopening || this.isClosed) return;
    this.#reopening = true;
    try {
      this.#socket = await this.#attemptUntilDeadline();
    } catch (error) {
      if (!this.isClosed) this.#handlers.onUnreachable(error as RpcError);
      return;
    } finally {
      this.#reopening = false;
    }
    this.#handlers.onReopened(this.#socket.hello);
  }

  async #attemptUntilDeadline(): Promise<Socket> {
    const start = performance.now();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(timeoutSignal(attemptTimeoutMs));
      } catch (error) {
        const wait = Math.min(longestDelayMs, firstDelayMs * 2 ** attempt) * (0.5 + Math.random());
        if (performance.now() + wait - start > this.#retryWindowMs(error)) throw error;
        await delay(wait, undefined, { signal: this.#closing.signal });
      }
    }
  }

  #retryWindowMs(error: unknown): number {
    const { reconnectMs } = this.#options;
    if (RpcError.isInstance(error) && error.code !== "rpc/unreachable") return 0;
    const refused = (error as { cause?: { code?: string } }).cause?.code === "ECONNREFUSED";
    return refused && isLoopback(this.#options) ? Math.min(refusedOnLoopbackMs, reconnectMs) : reconnectMs;
  }
}
