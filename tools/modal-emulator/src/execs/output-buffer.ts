import { Condition } from "../condition.ts";

/**
 * Everything that came out of one stream, kept so that a client whose connection broke can go on at its offset.
 *
 * It asks its source for more only as far as somebody reads.
 */
export class OutputBuffer {
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #granted = 0;
  readonly #changed = new Condition();
  readonly #grant: (bytes: number) => void;

  /** @param grant Tells the source how many more bytes it may send. */
  constructor(grant: (bytes: number) => void) {
    this.#grant = grant;
  }

  append(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#changed.notify();
  }

  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  /** Waits for the end with a time limit, because a background process may keep the stream open. */
  async whenEnded(timeoutMs: number): Promise<void> {
    await this.#changed.until(() => this.#ended || undefined, { timeoutMs });
  }

  /** Lets the source send although nobody reads. */
  drain(): void {
    this.#grant(2 ** 32 - 1);
  }

  /** The stream from an offset on, until its end or the reader's. */
  async *read(offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    let position = offset;
    while (!signal.aborted) {
      this.#grantUpTo(position + READ_AHEAD_BYTES);
      const chunk = this.#slice(position);
      if (chunk !== undefined) {
        position += chunk.length;
        yield chunk;
      } else if (this.#ended) return;
      else await this.#changed.wait({ signal });
    }
  }

  /** What came out so far. */
  text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  #grantUpTo(total: number): void {
    if (total <= this.#granted) return;
    this.#grant(total - this.#granted);
    this.#granted = total;
  }

  #slice(position: number): Buffer | undefined {
    if (position >= this.#length) return undefined;
    let start = 0;
    for (const chunk of this.#chunks) {
      if (position < start + chunk.length) {
        return chunk.subarray(position - start, position - start + MESSAGE_BYTES);
      }
      start += chunk.length;
    }
    return undefined;
  }
}

/** How far ahead of its reader a stream may run. */
const READ_AHEAD_BYTES = 1024 * 1024;

const MESSAGE_BYTES = 256 * 1024;
