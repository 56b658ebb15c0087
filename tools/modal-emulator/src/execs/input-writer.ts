import type { Socket } from "node:net";
import { Condition } from "../condition.ts";
import { encodeFrame, frameKind } from "../inside/frames.ts";
import { StatusError } from "../wire/status-error.ts";

const CHUNK_BYTES = 64 * 1024;

/** How many bytes may wait for a command that does not read its input. */
const UNREAD_BYTES = 64 * 1024;

/** A command's stdin. Writes each byte once, even if a client repeats bytes after a broken connection. */
export class InputWriter {
  readonly #socket: Socket;
  readonly #changed = new Condition();
  #written = 0;
  #taken = 0;
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
      for (let start = 0; start < fresh.length; start += CHUNK_BYTES) {
        const chunk = fresh.subarray(start, start + CHUNK_BYTES);
        this.#written += chunk.length;
        this.#socket.write(encodeFrame(frameKind.stdin, chunk));
        await this.#changed.until(
          () => this.#written - this.#taken <= UNREAD_BYTES || this.#socket.destroyed || undefined,
        );
      }
    });
  }

  /** Records that the command's pipe has accepted `bytes` bytes. */
  take(bytes: number): void {
    this.#taken += bytes;
    this.#changed.notify();
  }

  /** Closes the stream. */
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
