/** Frames of the control socket, as in `seer_init/frames.py`: what it is, the length, the payload. */
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

/** The most that one frame carries here. */
export const chunkSize = 64 * 1024;

const headerSize = 5;

export function packFrame(kind: string, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(headerSize + payload.byteLength);
  frame.write(kind, 0, "latin1");
  frame.writeUInt32BE(payload.byteLength, 1);
  frame.set(payload, headerSize);
  return frame;
}

/** Cuts a stream of bytes into frames. */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame, void> {
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
