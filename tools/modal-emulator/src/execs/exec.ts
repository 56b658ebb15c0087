import type { Socket } from "node:net";
import { Condition } from "../condition.ts";
import { type ExitStatus, encodeCount, encodeFrame, frameKind, readFrames } from "../inside/frames.ts";
import { InputWriter } from "./input-writer.ts";
import { OutputBuffer } from "./output-buffer.ts";

/** The emulator's side of a command in a sandbox. */
export class Exec {
  readonly stdin: InputWriter;
  readonly stdout: OutputBuffer;
  readonly stderr: OutputBuffer;
  readonly #socket: Socket;
  readonly #changed = new Condition();
  #exit: ExitStatus | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.stdin = new InputWriter(socket);
    this.stdout = new OutputBuffer((bytes) => this.#grant(frameKind.stdoutCredit, bytes));
    this.stderr = new OutputBuffer((bytes) => this.#grant(frameKind.stderrCredit, bytes));
    void this.#receive();
  }

  /** How the command ended; undefined while it runs. */
  get exit(): ExitStatus | undefined {
    return this.#exit;
  }

  /** Waits for the command's end, which does not wait for anyone to read its output. */
  async wait(signal?: AbortSignal): Promise<ExitStatus | undefined> {
    return this.#changed.until(() => this.#exit, signal && { signal });
  }

  /** Kills the command and its children. */
  kill(): void {
    this.#socket.write(encodeFrame(frameKind.kill));
  }

  async #receive(): Promise<void> {
    for await (const { kind, payload } of readFrames(this.#socket)) {
      if (kind === frameKind.stdout) this.stdout.append(payload);
      else if (kind === frameKind.stderr) this.stderr.append(payload);
      else if (kind === frameKind.stdoutEnd) this.stdout.end();
      else if (kind === frameKind.stderrEnd) this.stderr.end();
      else if (kind === frameKind.stdinTaken) this.stdin.take(payload.readUInt32BE());
      else if (kind === frameKind.exit) this.#settle(JSON.parse(payload.toString()) as ExitStatus);
    }
    // A connection that ends without an exit frame means that the sandbox has ended.
    this.#settle({ signal: 9 });
    this.stdout.end();
    this.stderr.end();
    this.#socket.destroy();
    this.stdin.take(0);
  }

  #settle(exit: ExitStatus): void {
    this.#exit ??= exit;
    this.#changed.notify();
  }

  #grant(kind: number, bytes: number): void {
    if (this.#socket.writable) this.#socket.write(encodeCount(kind, bytes));
  }
}
