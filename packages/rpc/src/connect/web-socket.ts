import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { PackedMessage } from "../messages/message.ts";
import { FrameReader, headSize, opcode, smallFrame, textFrame, writeHead } from "./frames.ts";
import { checkUpgrade, type Handshake, handshake, parseResponse, refusalBody } from "./handshake.ts";

export interface WebSocketHandlers {
  /** A message. The bytes of a binary one are its own; those of a text may be gone when this returns. */
  onMessage(payload: Buffer): void;
  /** It was answered with another status than 101. */
  onRefused(status: number, body: string): void;
  /** Called once, after everything else. */
  onClose(error: Error | undefined): void;
}

const readBytes = 256 * 1024;
const joinBytes = 64 * 1024;
const writeBytes = 8 * 1024 * 1024;
const closeTimeoutMs = 1000;
const normalClosure = Buffer.of(0x03, 0xe8);

/**
 * A client's WebSocket.
 *
 * Written for arrays: plain TCP is read into one buffer again and again, which spares an allocation for every 64 KiB,
 * and a large message is copied once, to where it stays. What is sent in one turn of the loop is one write.
 */
export class WebSocket {
  readonly #handlers: WebSocketHandlers;
  readonly #handshake: Handshake;
  readonly #tcp: Socket;
  readonly #frames: FrameReader;
  /** What has come of the answer to the handshake, until that is complete. */
  #answer: Buffer | undefined = Buffer.alloc(0);
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #isWriting = false;
  #closing: Promise<void> | undefined;
  #error: Error | undefined;

  constructor(url: URL, headers: Record<string, string>, handlers: WebSocketHandlers) {
    this.#handlers = handlers;
    this.#handshake = handshake(url, headers);
    this.#frames = new FrameReader({
      onMessage: (payload) => {
        if (!this.#tcp.destroyed) handlers.onMessage(payload);
      },
      onControl: (kind, payload) => this.#control(kind, payload),
    });
    this.#tcp = connectTo(url, (chunk) => this.#read(chunk));
    this.#tcp.on("error", (error) => {
      this.#error ??= error;
    });
    this.#tcp.on("close", () => this.#closed());
    this.#tcp.write(this.#handshake.request);
  }

  get bytesRead(): number {
    return this.#tcp.bytesRead;
  }

  /** How many bytes have been given to it and not to the network. */
  get unsentBytes(): number {
    return this.#tcp.writableLength + this.#unsentBytes;
  }

  /** Sends a message, whose parts are not copied; one that is closing drops it. */
  send(message: PackedMessage): void {
    if (typeof message === "string") {
      this.#put(textFrame(message));
      return;
    }
    const length = message.reduce((sum, part) => sum + part.byteLength, 0);
    const head = Buffer.allocUnsafe(headSize(length));
    writeHead(head, opcode.binary, length);
    this.#put(head, ...message);
  }

  /** Says goodbye, and waits a moment for the other side to do so. */
  async close(): Promise<void> {
    if (this.#tcp.destroyed) return;
    this.#closing ??= new Promise((resolve) => {
      this.#put(smallFrame(opcode.close, normalClosure));
      const timer = setTimeout(() => this.#tcp.destroy(), closeTimeoutMs);
      this.#tcp.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    await this.#closing;
  }

  destroy(error?: Error): void {
    this.#tcp.destroy(error);
  }

  #put(...parts: readonly Uint8Array[]): void {
    if (this.#unsent.length === 0 && !this.#isWriting) process.nextTick(() => this.#flush());
    for (const part of parts) {
      this.#unsent.push(part);
      this.#unsentBytes += part.byteLength;
    }
  }

  #flush(): void {
    if (!this.#tcp.writable) return;
    const parts = this.#takeUnsent();
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (bytes <= joinBytes) {
      this.#tcp.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, bytes));
      return;
    }
    this.#isWriting = true;
    this.#tcp.cork();
    const last = parts.pop() as Uint8Array;
    for (const part of parts) this.#tcp.write(part);
    this.#tcp.write(last, () => {
      this.#isWriting = false;
      if (this.#unsent.length > 0) this.#flush();
    });
    this.#tcp.uncork();
  }

  /** As much as is written at once: a write that takes long tells nothing of how it gets on. */
  #takeUnsent(): Uint8Array[] {
    const parts = this.#unsent;
    this.#unsent = [];
    let bytes = 0;
    for (const [index, part] of parts.entries()) {
      bytes += part.byteLength;
      if (bytes <= writeBytes) continue;
      const rest = bytes - writeBytes;
      this.#unsent = [part.subarray(part.byteLength - rest), ...parts.slice(index + 1)];
      this.#unsentBytes -= writeBytes;
      return [...parts.slice(0, index), part.subarray(0, part.byteLength - rest)];
    }
    this.#unsentBytes = 0;
    return parts;
  }

  #read(chunk: Buffer): void {
    try {
      if (this.#answer === undefined) this.#frames.read(chunk);
      else this.#readAnswer(Buffer.concat([this.#answer, chunk]));
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #readAnswer(answer: Buffer): void {
    this.#answer = answer;
    const response = parseResponse(answer);
    if (response === undefined) return;
    if (response.status !== 101) {
      if (refusalBody(response).complete) this.#tcp.destroy();
      return;
    }
    checkUpgrade(response, this.#handshake);
    this.#answer = undefined;
    if (response.rest.length > 0) this.#frames.read(response.rest);
  }

  #control(kind: number, payload: Buffer): void {
    if (kind === opcode.ping) this.#put(smallFrame(opcode.pong, payload));
    if (kind !== opcode.close) return;
    if (this.#closing === undefined) this.#tcp.write(smallFrame(opcode.close, payload));
    this.#tcp.end();
  }

  #closed(): void {
    const refusal = this.#error || !this.#answer ? undefined : parseResponse(this.#answer);
    // A body that says no length ends with its connection.
    if (refusal !== undefined && refusal.status !== 101) {
      this.#handlers.onRefused(refusal.status, refusalBody(refusal).text);
    }
    this.#handlers.onClose(this.#error);
  }
}

function connectTo({ hostname, port, protocol }: URL, onData: (chunk: Buffer) => void): Socket {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (protocol === "wss:") {
    const servername = isIP(host) ? "" : host;
    const tls = connectTls({ host, port: Number(port || 443), servername, ALPNProtocols: ["http/1.1"] });
    return tls.setNoDelay(true).on("data", onData);
  }
  const onread = {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback(length: number, buffer: Uint8Array) {
      onData((buffer as Buffer).subarray(0, length));
      return true;
    },
  };
  return connectTcp({ host, port: Number(port || 80), noDelay: true, onread });
}
