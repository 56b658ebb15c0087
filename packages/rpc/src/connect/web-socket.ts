import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { WebSocket as Ws } from "ws";
import type { PackedMessage } from "../messages/message.ts";

export interface WebSocketHandlers {
  onMessage(payload: Buffer): void;
  /** Called if the server does not answer with status 101. */
  onRefused(status: number, body: string): void;
  /** Called once, after everything else. */
  onClose(error: Error | undefined): void;
}

const subprotocol = "seer.v1";
const maxFrameBytes = 16 * 1024 * 1024;
const maxRefusalCharacters = 64 * 1024;
const closeTimeoutMs = 1000;

/** A client's WebSocket. Messages that are sent in one event loop iteration become one write. */
export class WebSocket {
  readonly #ws: Ws;
  readonly #handlers: WebSocketHandlers;
  #tcp: Socket | undefined;
  #isCorked = false;
  /** Reused for the next message, because the page faults of new memory take longer than copying into it. */
  #spareMemory: Buffer | undefined;
  #error: Error | undefined;

  constructor(url: URL, headers: Record<string, string>, handlers: WebSocketHandlers) {
    this.#handlers = handlers;
    this.#ws = new Ws(url, subprotocol, {
      headers,
      perMessageDeflate: false,
      // No limit here, because the host limits results.
      maxPayload: 0,
      // Parsing the JSON checks it.
      skipUTF8Validation: true,
      // Masking only protects proxies from browsers, so use a zero mask, which leaves the data unchanged.
      generateMask: (mask) => mask.fill(0),
    });
    this.#ws.on("upgrade", ({ socket }) => {
      this.#tcp = socket;
    });
    this.#ws.on("message", (data: Buffer) => handlers.onMessage(data));
    this.#ws.on("unexpected-response", (_, response) => void this.#refused(response));
    this.#ws.on("error", (error) => {
      this.#error ??= error;
    });
    this.#ws.on("close", () => handlers.onClose(this.#error));
  }

  get bytesRead(): number {
    return this.#tcp?.bytesRead ?? 0;
  }

  /** How many bytes were passed to `send` but not yet to the network. */
  get unsentBytes(): number {
    return this.#ws.bufferedAmount;
  }

  /** Sends a message; drops it if the connection is closing. */
  send(message: PackedMessage): void {
    if (this.#ws.readyState !== Ws.OPEN) return;
    this.#cork();
    if (typeof message === "string") this.#ws.send(message);
    else this.#sendParts(message);
  }

  /** Closes the connection, and waits only a short time for the other side. */
  async close(): Promise<void> {
    if (this.#ws.readyState === Ws.CLOSED) return;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#ws.once("close", resolve);
    this.#ws.close(1000);
    const timer = setTimeout(() => this.#ws.terminate(), closeTimeoutMs);
    await closed;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  #sendParts(parts: readonly Uint8Array[]): void {
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (bytes <= maxFrameBytes) {
      const memory = this.#takeMemory(bytes);
      let end = 0;
      for (const part of parts) {
        memory.set(part, end);
        end += part.byteLength;
      }
      this.#ws.send(memory.subarray(0, bytes), () => this.#keepMemory(memory));
      return;
    }
    // Large parts are sent in fragments, which show the progress of an upload and are not copied.
    let sent = 0;
    for (const part of parts) {
      for (let start = 0; start < part.byteLength; start += maxFrameBytes) {
        const fragment = part.subarray(start, start + maxFrameBytes);
        sent += fragment.byteLength;
        this.#ws.send(fragment, { fin: sent === bytes });
      }
    }
  }

  #takeMemory(bytes: number): Buffer {
    const spare = this.#spareMemory;
    if (spare === undefined || spare.length < bytes) return Buffer.allocUnsafeSlow(bytes);
    this.#spareMemory = undefined;
    return spare;
  }

  #keepMemory(memory: Buffer): void {
    if (memory.length > (this.#spareMemory?.length ?? 0)) this.#spareMemory = memory;
  }

  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#tcp?.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#tcp?.uncork();
    });
  }

  async #refused(response: IncomingMessage): Promise<void> {
    let body = "";
    try {
      for await (const text of response.setEncoding("utf8")) {
        body += text;
        if (body.length > maxRefusalCharacters) break;
      }
    } catch {
      // Report the part of the body that has arrived.
    }
    this.#handlers.onRefused(response.statusCode ?? 0, body);
    this.#ws.terminate();
  }
}
