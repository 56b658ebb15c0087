import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import {
  type ExitStatus,
  encodeCount,
  encodeFrame,
  type Frame,
  frameKind,
  type OutputStream,
  outputStreams,
} from "./frames.ts";

interface Flow {
  source: Readable;
  /** How many more bytes the emulator wants. */
  credit: number;
  /** Resolves once the stream is over and all of it was sent. */
  ended: Promise<void>;
}

/**
 * The sandbox's end of one command's connection.
 *
 * Output leaves only as far as the emulator granted credit, so a command that nobody reads blocks in its pipe.
 */
export class ProcessChannel {
  readonly #socket: Socket;
  readonly #flows = new Map<OutputStream, Flow>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  attach(stream: OutputStream, source: Readable): void {
    const ended = new Promise<void>((resolve) => source.once("end", resolve).once("close", resolve));
    const flow: Flow = { source, credit: 0, ended };
    this.#flows.set(stream, flow);
    source.on("error", () => {});
    source.on("readable", () => this.#pump(stream, flow));
    void ended.then(() => this.#socket.write(encodeFrame(frameKind[`${stream}End`])));
  }

  /** Sends text outside of any credit: the reason why a command did not even start. */
  complain(text: string): void {
    this.#socket.write(encodeFrame(frameKind.stderr, Buffer.from(text)));
  }

  /** Handles frames for stdin and credit; false for any other frame. */
  obey(frame: Frame, stdin: Writable): boolean {
    if (frame.kind === frameKind.stdin) this.#feed(stdin, frame.payload);
    else if (frame.kind === frameKind.stdinEnd) stdin.end();
    else return this.#grant(frame);
    return true;
  }

  exit(status: ExitStatus): void {
    this.#socket.write(encodeFrame(frameKind.exit, Buffer.from(JSON.stringify(status))));
  }

  /** Ends the connection once both streams are drained. */
  async finish(): Promise<void> {
    for (const stream of outputStreams) {
      if (!this.#flows.has(stream)) this.#socket.write(encodeFrame(frameKind[`${stream}End`]));
    }
    await Promise.all([...this.#flows.values()].map((flow) => flow.ended));
    this.#socket.end();
  }

  /** Acknowledges input when it has been written; discards it once the command has closed its stdin. */
  #feed(stdin: Writable, data: Buffer): void {
    // Input may arrive after the output has ended; an acknowledgement would then break the connection before the exit
    // frame is read.
    const taken = () => {
      if (this.#socket.writable) this.#socket.write(encodeCount(frameKind.stdinTaken, data.length));
    };
    if (stdin.writable) stdin.write(data, taken);
    else taken();
  }

  #grant(frame: Frame): boolean {
    const stream = outputStreams.find((name) => frame.kind === frameKind[`${name}Credit`]);
    const flow = stream && this.#flows.get(stream);
    if (stream !== undefined && flow !== undefined) {
      flow.credit += frame.payload.readUInt32BE();
      this.#pump(stream, flow);
    }
    return stream !== undefined;
  }

  #pump(stream: OutputStream, flow: Flow): void {
    while (true) {
      const waiting = flow.source.readableLength;
      // Reading an empty stream is what makes it notice its end.
      const chunk = waiting === 0 ? flow.source.read() : flow.source.read(Math.min(waiting, flow.credit));
      if (chunk === null || chunk.length === 0) return;
      flow.credit -= chunk.length;
      this.#socket.write(encodeFrame(frameKind[stream], chunk));
    }
  }
}
