import { once } from "node:events";
import type { Duplex } from "node:stream";
import { chunkSize, type Frame, kinds, packFrame, readFrames } from "./frames.ts";

/** A request to a sandbox's first process; `seer_init/requests.py` has its keys. */
export interface InitRequest {
  readonly op:
    | "exec"
    | "read"
    | "write"
    | "write-tree"
    | "make-directory"
    | "hold"
    | "renew"
    | "status"
    | "terminate";
  readonly [key: string]: unknown;
}

/**
 * Makes a connection to a sandbox's first process, which is the backend's business.
 *
 * @throws EnvironmentError `environment/ended` when it has ended
 */
export type Dial = () => Promise<Duplex & { unref?: () => void }>;

/** One connection to a sandbox's first process, which is one request. */
export class InitConnection {
  readonly #socket: Awaited<ReturnType<Dial>>;
  readonly #frames: AsyncGenerator<Frame, void>;

  private constructor(socket: Awaited<ReturnType<Dial>>) {
    this.#socket = socket;
    this.#frames = readFrames(socket);
    // A connection that breaks ends its frames, which is what everybody looks at.
    socket.on("error", () => {});
  }

  /** @throws EnvironmentError `environment/ended` when nobody listens any more */
  static async open(dial: Dial, request: InitRequest): Promise<InitConnection> {
    const connection = new InitConnection(await dial());
    await connection.send(kinds.request, JSON.stringify(request));
    return connection;
  }

  /** Sends a frame, and waits while the other side is slower than this one. */
  async send(kind: string, payload: string | Uint8Array = ""): Promise<void> {
    const data = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (this.#socket.destroyed || this.#socket.write(packFrame(kind, data))) return;
    const waiting = new AbortController();
    const options = { signal: waiting.signal };
    const slower = [once(this.#socket, "drain", options), once(this.#socket, "close", options)];
    await Promise.race(slower).catch(() => {});
    waiting.abort();
  }

  /** Sends data in as many frames as it needs, then that there is no more. */
  async sendInput(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    await this.sendData(content);
    await this.send(kinds.endOfInput);
  }

  async sendData(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    for await (const data of content) {
      for (let start = 0; start < data.byteLength; start += chunkSize) {
        await this.send(kinds.input, data.subarray(start, start + chunkSize));
      }
    }
  }

  /** The next frame, or undefined when the other side has ended the connection. */
  async next(): Promise<Frame | undefined> {
    try {
      const { value } = await this.#frames.next();
      return value ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps the connection from keeping this process alive. */
  unref(): void {
    this.#socket.unref?.();
  }

  close(): void {
    this.#socket.destroy();
  }
}
