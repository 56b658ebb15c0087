import { once } from "node:events";
import type { Socket } from "node:net";
import { encodeFrame, frameKind } from "../inside/frames.ts";
import { StatusError } from "../wire/status-error.ts";

/** One command's stdin: takes each byte once, whatever a client repeats after a broken connection. */
export class InputWriter {
  readonly #socket: Socket;
  #written = 0;
  #closed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** How many bytes arrived, and whether the stream is over. */
  get status(): { numBytesWritten: number; closed: boolean } {
    return { numBytesWritten: this.#written, closed: this.#closed };
  }

  /** Writes what is new of bytes that begin at an offset. */
  write(offset: number, data: Buffer): Promise<void> {
    return this.#inTurn(async () => {
      if (offset > this.#written) {
        throw new StatusError(
          "FAILED_PRECONDITION",
          `stdin has ${this.#written} bytes, cannot write at ${offset}`,
        );
      }
      const fresh = data.subarray(this.#written - offset);
      if (fresh.length === 0) return;
      if (this.#closed) throw new StatusError("FAILED_PRECONDITION", "stdin is closed");
      this.#written += fresh.length;
      if (!this.#socket.write(encodeFrame(frameKind.stdin, fresh))) await writable(this.#socket);
    });
  }

  /** Says that no more comes. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#socket.write(encodeFrame(frameKind.stdinEnd));
    });
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => {});
    return result;
  }
}

async function writable(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await Promise.race([once(socket, "drain"), once(socket, "close")]);
}
