import { once } from "node:events";
import type { Duplex } from "node:stream";
import { EnvironmentError } from "../errors.ts";

/** A request to a sandbox's init process. `seer_init/requests.py` defines its keys. */
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
    | "take-listener"
    | "terminate";
  readonly [key: string]: unknown;
}

/**
 * Connects to a sandbox's init process. Each backend has its own way.
 *
 * @throws EnvironmentError `environment/ended` if the sandbox has ended
 */
export type Dial = () => Promise<Duplex & { unref?: () => void }>;

/** A connection to a sandbox's init process, which carries one request. */
export class InitConnection {
  readonly #socket: Awaited<ReturnType<Dial>>;
  readonly #frames: AsyncGenerator<Frame, void>;

  private constructor(socket: Awaited<ReturnType<Dial>>) {
    this.#socket = socket;
    this.#frames = readFrames(socket);
    // A broken connection ends the stream of frames; that is handled in `next`.
    socket.on("error", () => {});
  }

  /** @throws EnvironmentError `environment/ended` if the sandbox has ended, or `environment/invalid-argument` */
  static async open(dial: Dial, request: InitRequest): Promise<InitConnection> {
    const payload = Buffer.from(JSON.stringify(request));
    if (payload.byteLength > maxPayload) {
      throw new EnvironmentError(
        "environment/invalid-argument",
        `The command has ${payload.byteLength} bytes; the maximum is ${maxPayload}`,
        { hint: "Write the script or the data to a file of the sandbox, or pass it as standard input." },
      );
    }
    const connection = new InitConnection(await dial());
    await connection.send(kinds.request, payload);
    return connection;
  }

  /** Sends a frame, and waits while the socket's buffer is full. */
  async send(kind: string, payload: string | Uint8Array = ""): Promise<void> {
    const data = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (this.#socket.destroyed || this.#socket.write(packFrame(kind, data))) return;
    const waiting = new AbortController();
    const options = { signal: waiting.signal };
    const slower = [once(this.#socket, "drain", options), once(this.#socket, "close", options)];
    await Promise.race(slower).catch(() => {});
    waiting.abort();
  }

  /** Sends data as frames, followed by the end of input. */
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

  /** The next frame; undefined when the connection has ended. */
  async next(): Promise<Frame | undefined> {
    try {
      const { value } = await this.#frames.next();
      return value ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** Lets the process exit although the connection is open. */
  unref(): void {
    this.#socket.unref?.();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** A frame of the control socket, as in `seer_init/frames.py`: kind, length, payload. */
export interface Frame {
  readonly kind: string;
  readonly payload: Buffer;
}

export const kinds = {
  request: "R",
  input: "I",
  endOfInput: "C",
  kill: "K",
  detach: "D",
  nextFile: "N",
  started: "S",
  stdout: "O",
  stderr: "E",
  result: "X",
  failure: "F",
} as const;

/** Size of a frame of data. */
const chunkSize = 64 * 1024;
/** Maximum size of a payload, as in `seer_init/frames.py`. */
const maxPayload = 16 * 1024 * 1024;

const headerSize = 5;

function packFrame(kind: string, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(headerSize + payload.byteLength);
  frame.write(kind, 0, "latin1");
  frame.writeUInt32BE(payload.byteLength, 1);
  frame.set(payload, headerSize);
  return frame;
}

async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let offset = 0;
    while (rest.length - offset >= headerSize) {
      const end = offset + headerSize + rest.readUInt32BE(offset + 1);
      if (rest.length < end) break;
      yield {
        kind: rest.toString("latin1", offset, offset + 1),
        payload: rest.subarray(offset + headerSize, end),
      };
      offset = end;
    }
    rest = rest.subarray(offset);
  }
}
