import { EnvironmentError } from "../../errors.ts";
import type { EndReason, FileContent, MachineCommand, MachineProcess, TreeEntry } from "../backend.ts";
import { type Dial, InitConnection } from "./connection.ts";
import { type Frame, kinds } from "./frames.ts";

/** What keeps a sandbox alive, until `release` or the end of this process. */
export interface Hold {
  /** Settles when the sandbox ends before. */
  readonly ended: Promise<EndReason>;
  readonly release: () => void;
}

/** Asks a sandbox's first process; paths and commands are those of its processes. */
export class InitClient {
  readonly #dial: Dial;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** @throws EnvironmentError `environment/ended` */
  async hold(): Promise<Hold> {
    const connection = await InitConnection.open(this.#dial, { op: "hold" });
    await expect(connection, kinds.started);
    connection.unref();
    const ended = connection.next().then((frame) => {
      if (frame?.kind !== kinds.result) return "lost" as const;
      return json<{ reason: EndReason }>(frame).reason;
    });
    return { ended, release: () => connection.close() };
  }

  /** Holds it for so long, without a connection; for no time at all to let go of it. */
  async renew(holder: string, seconds: number): Promise<void> {
    await this.#finish(await InitConnection.open(this.#dial, { op: "renew", holder, seconds }));
  }

  /** How many hold it, this process among them. */
  async holders(): Promise<number> {
    const frame = await this.#finish(await InitConnection.open(this.#dial, { op: "status" }));
    return json<{ holders: number }>(frame).holders;
  }

  /** Ends the sandbox; returns when its processes have ended. */
  async terminate(): Promise<void> {
    await this.#finish(await InitConnection.open(this.#dial, { op: "terminate" }));
  }

  async ensureDir(path: string): Promise<void> {
    await this.#finish(await InitConnection.open(this.#dial, { op: "make-directory", path }));
  }

  async readFile(path: string): Promise<Uint8Array> {
    const connection = await InitConnection.open(this.#dial, { op: "read", path });
    const pieces: Uint8Array[] = [];
    await this.#finish(connection, (frame) => pieces.push(frame.payload));
    return Uint8Array.from(Buffer.concat(pieces));
  }

  async writeFile(path: string, content: FileContent, executable: boolean): Promise<void> {
    const connection = await InitConnection.open(this.#dial, { op: "write", path, executable });
    try {
      await expect(connection, kinds.started);
      await connection.sendInput(pieces(content));
    } catch (error) {
      // Half a file is no file there.
      connection.close();
      throw error;
    }
    await this.#finish(connection);
  }

  async writeTree(entries: AsyncIterable<TreeEntry>): Promise<void> {
    const connection = await InitConnection.open(this.#dial, { op: "write-tree" });
    await expect(connection, kinds.started);
    let isOver = false;
    const finished = this.#finish(connection).finally(() => {
      isOver = true;
    });
    finished.catch(() => {});
    try {
      for await (const { path, file } of entries) {
        const entry = { path, directory: file === undefined, executable: file?.executable ?? false };
        await connection.send(kinds.nextFile, JSON.stringify(entry));
        if (file !== undefined) await connection.sendData(file.content);
        // What went wrong comes before all has been sent.
        if (isOver) break;
      }
      await connection.send(kinds.endOfInput);
    } catch (error) {
      connection.close();
      throw error;
    }
    await finished;
  }

  async exec({ onOutput, stdin, ...command }: MachineCommand): Promise<MachineProcess> {
    const connection = await InitConnection.open(this.#dial, {
      op: "exec",
      ...command,
      stdin: stdin !== undefined,
    });
    await expect(connection, kinds.started);
    if (stdin !== undefined) void connection.sendInput(pieces(stdin));
    let isDetached = () => {};
    const detached = new Promise<void>((resolve) => {
      isDetached = resolve;
    });
    const exited = this.#finish(connection, (frame) => {
      if (frame.kind === kinds.stdout) onOutput?.("stdout", frame.payload);
      else if (frame.kind === kinds.stderr) onOutput?.("stderr", frame.payload);
      else if (frame.kind === kinds.detach) isDetached();
    }).then((result) => json<{ exitCode: number }>(result).exitCode);
    exited.catch(() => {});
    return {
      exited,
      kill: () => void connection.send(kinds.kill),
      detach: async () => {
        await connection.send(kinds.detach);
        await Promise.race([detached, exited]);
        connection.close();
      },
    };
  }

  /** Waits for the result, and closes the connection. */
  async #finish(connection: InitConnection, onFrame?: (frame: Frame) => void): Promise<Frame> {
    try {
      for (let frame = await connection.next(); frame !== undefined; frame = await connection.next()) {
        if (frame.kind === kinds.result) return frame;
        if (frame.kind === kinds.failure) throw failure(frame);
        onFrame?.(frame);
      }
      throw new EnvironmentError("environment/ended", "The sandbox ended");
    } finally {
      connection.close();
    }
  }
}

async function expect(connection: InitConnection, kind: string): Promise<Frame> {
  const frame = await connection.next();
  if (frame?.kind === kind) return frame;
  connection.close();
  if (frame?.kind === kinds.failure) throw failure(frame);
  throw new EnvironmentError("environment/ended", "The sandbox ended");
}

function failure(frame: Frame): EnvironmentError {
  const { code, message } = json<{ code: string; message: string }>(frame);
  if (code === "ended") return new EnvironmentError("environment/ended", "The sandbox ended");
  return new EnvironmentError("environment/file-failed", message.replace(/^\[Errno \d+\] /, ""));
}

function json<T>(frame: Frame): T {
  return JSON.parse(frame.payload.toString("utf8")) as T;
}

function pieces(content: FileContent): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}
