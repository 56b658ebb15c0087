/** WebSocket framing (RFC 6455), as a client writes and reads it, without any input or output. */

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const final = 0x80;
const masked = 0x80;
const maskBytes = 4;
const longestHead = 10;

/** How many bytes the head of a client's frame has. */
export function headSize(length: number): number {
  return (length < 126 ? 2 : length < 65_536 ? 4 : 10) + maskBytes;
}

/**
 * Writes the head of a client's frame to the start of `target`.
 *
 * Masking protects old proxies from browsers. A mask of zeros changes nothing, so it costs nothing.
 */
export function writeHead(target: Buffer, kind: number, length: number): void {
  target[0] = final | kind;
  let end = 2;
  if (length < 126) {
    target[1] = masked | length;
  } else if (length < 65_536) {
    target[1] = masked | 126;
    end = target.writeUInt16BE(length, 2);
  } else {
    target[1] = masked | 127;
    end = target.writeBigUInt64BE(BigInt(length), 2);
  }
  target.fill(0, end, end + maskBytes);
}

/** A frame that holds a text. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = headSize(length);
  const frame = Buffer.allocUnsafe(head + length);
  writeHead(frame, opcode.text, length);
  frame.write(text, head);
  return frame;
}

/** A frame that holds a few bytes. */
export function smallFrame(kind: number, payload: Uint8Array): Buffer {
  const head = headSize(payload.byteLength);
  const frame = Buffer.allocUnsafe(head + payload.byteLength);
  writeHead(frame, kind, payload.byteLength);
  frame.set(payload, head);
  return frame;
}

export interface FrameHandlers {
  /** A whole message. The bytes of a binary one are its own; those of a text may be gone when this returns. */
  onMessage(payload: Buffer): void;
  onControl(kind: number, payload: Buffer): void;
}

/** Finds the frames in what arrives. A large one is copied once, to where it stays. */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  /** The start of a head that was cut in two. */
  #cut: Buffer = Buffer.alloc(0);
  #first = 0;
  #payload: Buffer | undefined;
  #filled = 0;
  #fragments: Buffer[] = [];

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  /** @throws Error when these are not frames of a WebSocket server */
  read(arrived: Buffer): void {
    const chunk = this.#cut.length === 0 ? arrived : Buffer.concat([this.#cut, arrived]);
    this.#cut = Buffer.alloc(0);
    let offset = this.#fill(chunk);
    while (offset < chunk.length) {
      const size = sizeOfHead(chunk, offset);
      if (size === undefined) {
        this.#cut = Buffer.from(chunk.subarray(offset));
        return;
      }
      this.#first = chunk[offset] as number;
      const length = lengthInHead(chunk, offset, size);
      offset += size;
      if (chunk.length - offset >= length) {
        this.#take(chunk.subarray(offset, offset + length), false);
        offset += length;
      } else {
        this.#payload = Buffer.allocUnsafeSlow(length);
        this.#filled = chunk.copy(this.#payload, 0, offset);
        return;
      }
    }
  }

  /** Adds to a payload that has only begun to arrive; says how much of the chunk that took. */
  #fill(chunk: Buffer): number {
    const payload = this.#payload;
    if (payload === undefined) return 0;
    const taken = chunk.copy(payload, this.#filled);
    this.#filled += taken;
    if (this.#filled === payload.length) {
      this.#payload = undefined;
      this.#take(payload, true);
    }
    return taken;
  }

  #take(payload: Buffer, owned: boolean): void {
    const kind = this.#first & 0x0f;
    const isLast = (this.#first & final) !== 0;
    const own = () => (owned ? payload : copyOf(payload));
    if (kind > opcode.binary) {
      this.#handlers.onControl(kind, payload);
      return;
    }
    if ((kind === opcode.continuation) !== this.#fragments.length > 0) {
      throw new Error("a message began inside another, or without a beginning");
    }
    if (isLast && this.#fragments.length === 0) {
      this.#handlers.onMessage(kind === opcode.binary ? own() : payload);
      return;
    }
    this.#fragments.push(own());
    if (!isLast) return;
    const whole = copyOf(...this.#fragments);
    this.#fragments = [];
    this.#handlers.onMessage(whole);
  }
}

function sizeOfHead(chunk: Buffer, offset: number): number | undefined {
  if (chunk.length - offset < 2) return undefined;
  const [first, second] = [chunk[offset] as number, chunk[offset + 1] as number];
  const kind = first & 0x0f;
  if (
    first & 0x70 ||
    second & masked ||
    (kind > opcode.binary && kind < opcode.close) ||
    kind > opcode.pong
  ) {
    throw new Error("the host sent what is not a frame of a WebSocket");
  }
  const size = second < 126 ? 2 : second === 126 ? 4 : longestHead;
  return chunk.length - offset < size ? undefined : size;
}

function lengthInHead(chunk: Buffer, offset: number, size: number): number {
  if (size === 2) return chunk[offset + 1] as number;
  if (size === 4) return chunk.readUInt16BE(offset + 2);
  return Number(chunk.readBigUInt64BE(offset + 2));
}

/** In memory of its own, so that arrays in it begin where they should and keep nothing else alive. */
function copyOf(...parts: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) offset += part.copy(copy, offset);
  return copy;
}
