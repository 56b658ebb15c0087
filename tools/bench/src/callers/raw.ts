import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Caller, Floats, Target } from "./caller.ts";

const prefix = 8;
const readSize = 256 * 1024;

interface Frame {
  value: unknown;
  data: Buffer;
}

/** One connection with one call at a time, which is as fast as TCP and JSON go. */
class Connection {
  readonly #socket: Socket;
  #buffer: Buffer | undefined;
  #filled = 0;
  #resolve: ((frame: Frame) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("the raw server closed the connection")));
  }

  static async open({ port, tls }: Target, readInPlace: boolean): Promise<Connection> {
    const options = { host: "127.0.0.1", port, noDelay: true };
    let connection: Connection | undefined;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(readSize),
      callback(length: number, buffer: Uint8Array) {
        connection?.receive((buffer as Buffer).subarray(0, length));
        return true;
      },
    };
    const socket = tls
      ? connectTls({ ...options, servername: "localhost" })
      : connectTcp(readInPlace ? { ...options, onread } : options);
    await once(socket, tls ? "secureConnect" : "connect");
    connection = new Connection(socket);
    return connection;
  }

  call(operation: string, value: unknown, floats?: Floats): Promise<Frame> {
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    this.#resolve = resolve;
    this.#reject = reject;
    const text = JSON.stringify([operation, value]);
    const length = Buffer.byteLength(text);
    const head = Buffer.allocUnsafe(prefix + length);
    head.writeUInt32BE(length, 0);
    head.writeUInt32BE(floats?.byteLength ?? 0, 4);
    head.write(text, prefix);
    if (floats === undefined) {
      this.#socket.write(head);
    } else {
      this.#socket.cork();
      this.#socket.write(head);
      this.#socket.write(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
      this.#socket.uncork();
    }
    return promise;
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  receive(chunk: Buffer): void {
    let frame = chunk;
    if (this.#buffer !== undefined) {
      chunk.copy(this.#buffer, this.#filled);
      this.#filled += chunk.length;
      if (this.#filled < this.#buffer.length) return;
      frame = this.#buffer;
      this.#buffer = undefined;
    } else {
      const total = prefix + chunk.readUInt32BE(0) + chunk.readUInt32BE(4);
      if (chunk.length < total) {
        this.#buffer = Buffer.allocUnsafeSlow(total);
        this.#filled = chunk.copy(this.#buffer);
        return;
      }
    }
    const textEnd = prefix + frame.readUInt32BE(0);
    this.#resolve?.({
      value: JSON.parse(frame.toString("utf8", prefix, textEnd)),
      data: frame.subarray(textEnd),
    });
  }
}

/** The limit: raw TCP with length-prefixed JSON, and one connection per call in flight. */
export async function connectRaw(target: Target, readInPlace = false): Promise<Caller> {
  const idle = [await Connection.open(target, readInPlace)];
  const all = [...idle];

  async function call(operation: string, value: unknown, floats?: Floats): Promise<Frame> {
    let connection = idle.pop();
    if (connection === undefined) {
      connection = await Connection.open(target, readInPlace);
      all.push(connection);
    }
    const frame = await connection.call(operation, value, floats);
    idle.push(connection);
    return frame;
  }

  return {
    echo: async (value) => (await call("echo", value)).value,
    numbers: async (value) => (await call("numbers", value)).value,
    floats: async () => viewFloats((await call("floats", null)).data),
    take: async (floats) => (await call("take", null, floats)).value,
    nap: () => call("nap", null),
    hold: (count) => call("hold", count),
    health: () => call("health", null),
    [Symbol.asyncDispose]: async () => {
      for (const connection of all) connection.close();
    },
  };
}

/** Reads bytes as floats; copies them if they are not aligned, as a typed array requires. */
export function viewFloats({ buffer, byteOffset, byteLength }: Uint8Array): Floats {
  if (byteOffset % 4 === 0) return new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

/** The same, but reading into one buffer again and again, which saves Node an allocation for each 64 KiB. */
export function connectRawInPlace(target: Target): Promise<Caller> {
  return connectRaw(target, true);
}
