import type { Duplex } from "node:stream";

/**
 * What travels between the emulator and the process that runs a sandbox's commands: a one-line JSON opening, then, for
 * a command, frames of one byte of kind, four of length, and a payload.
 */
export const frameKind = {
  stdin: 0,
  stdinEnd: 1,
  kill: 2,
  stdoutCredit: 3,
  stderrCredit: 4,
  stdout: 11,
  stderr: 12,
  stdoutEnd: 13,
  stderrEnd: 14,
  exit: 15,
  stdinTaken: 16,
} as const;

export interface Frame {
  kind: number;
  payload: Buffer;
}

/** How a connection begins. */
export type Opening =
  | ExecOpening
  /** Raw bytes to and from a port inside. */
  | { kind: "dial"; port: number }
  /** Makes a port of the emulator's machine answer inside, on the same number. */
  | { kind: "forward"; port: number };

export interface ExecOpening {
  kind: "exec";
  argv: string[];
  env: Record<string, string>;
  cwd: string;
  pty: boolean;
}

/** How a process ended, as it travels in an exit frame. */
export interface ExitStatus {
  code?: number;
  signal?: number;
}

export type OutputStream = "stdout" | "stderr";

/** The output streams of a command. */
export const outputStreams = ["stdout", "stderr"] as const satisfies readonly OutputStream[];

const HEADER_BYTES = 5;

/** One frame as bytes. */
export function encodeFrame(kind: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUInt8(kind, 0);
  frame.writeUInt32BE(payload.length, 1);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** The frames of a connection, in order, until it ends; one that breaks off just has no more of them. */
export async function* readFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of source) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let offset = 0;
      while (rest.length - offset >= HEADER_BYTES) {
        const end = offset + HEADER_BYTES + rest.readUInt32BE(offset + 1);
        if (rest.length < end) break;
        yield { kind: rest.readUInt8(offset), payload: rest.subarray(offset + HEADER_BYTES, end) };
        offset = end;
      }
      rest = rest.subarray(offset);
    }
  } catch {
    return;
  }
}

/** A frame that says a number of bytes: credit for output, or input that was taken. */
export function encodeCount(kind: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return encodeFrame(kind, payload);
}

/** Reads up to the first newline of a stream and leaves the rest in it. */
export function readLine(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let text: Buffer = Buffer.alloc(0);
    const fail = () => finish(() => reject(new Error("The connection ended before its first line")));
    const read = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        text = Buffer.concat([text, chunk]);
        const newline = text.indexOf(10);
        if (newline === -1) continue;
        const rest = text.subarray(newline + 1);
        finish(() => resolve(text.subarray(0, newline).toString()));
        if (rest.length > 0) stream.unshift(rest);
        return;
      }
    };
    function finish(settle: () => void): void {
      stream.off("readable", read).off("end", fail).off("close", fail).off("error", fail);
      settle();
    }
    stream.on("readable", read).on("end", fail).on("close", fail).on("error", fail);
    read();
  });
}
