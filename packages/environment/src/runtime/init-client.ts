import { EnvironmentError } from "../errors.ts";
import { type Dial, type Frame, InitConnection, kinds } from "./init-connection.ts";
import type {
  EndReason,
  FileContent,
  InstanceCommand,
  InstanceProcess,
  TreeEntry,
} from "./sandbox-instance.ts";

/** Keeps a sandbox alive until it is released or this process ends. */
export interface Lease {
  /** Settles when the sandbox has ended. */
  readonly ended: Promise<EndReason>;
  readonly release: () => void;
}

/** Client of a sandbox's init process. Paths are those that the sandbox's processes see. */
export class InitClient {
  readonly #dial: Dial;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  /** @throws EnvironmentError `environment/ended` */
  async acquireLease(): Promise<Lease> {
    const connection = await InitConnection.open(this.#dial, { op: "hold" });
    await expect(connection, kinds.started);
    connection.unref();
    const ended = connection.next().then((frame) => {
      if (frame?.kind !== kinds.result) return "lost" as const;
      return json<{ reason: EndReason }>(frame).reason;
    });
    return { ended, release: () => connection.close() };
  }

  /** Renews a lease without keeping a connection; 0 seconds releases it. */
  async renew(holder: string, seconds: number): Promise<void> {
    await this.#finish(await InitConnection.open(this.#dial, { op: "renew", holder, seconds }));
  }

  /** Number of processes that hold a lease, including this one. */
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
      // Init discards an incomplete file.
      connection.close();
      throw error;
    }
    await this.#finish(connection);
  }

  /** @param realPath Maps a path of an entry to the path that the sandbox's processes see. */
  async writeTree(entries: AsyncIterable<TreeEntry>, realPath: (path: string) => string): Promise<void> {
    const connection = await InitConnection.open(this.#dial, { op: "write-tree" });
    await expect(connection, kinds.started);
    let isFinished = false;
    const finished = this.#finish(connection).finally(() => {
      isFinished = true;
    });
    finished.catch(() => {});
    try {
      for await (const { path, file } of entries) {
        const entry = {
          path: realPath(path),
          directory: file === undefined,
          executable: file?.executable ?? false,
        };
        await connection.send(kinds.nextFile, JSON.stringify(entry));
        if (file !== undefined) await connection.sendData(file.content);
        // Init reports a failure without waiting for the remaining files.
        if (isFinished) break;
      }
      await connection.send(kinds.endOfInput);
    } catch (error) {
      connection.close();
      throw error;
    }
    await finished;
  }

  /** Undefined if no spare listener is left. */
  async takeListener(): Promise<number | undefined> {
    const connection = await InitConnection.open(this.#dial, { op: "take-listener" });
    const { listener } = json<{ listener: number | null }>(await this.#finish(connection));
    return listener ?? undefined;
  }

  async exec({ onOutput, stdin, ...command }: InstanceCommand): Promise<InstanceProcess> {
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

  /** Waits for the result and closes the connection. */
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
  if (code === "bad-request") return new EnvironmentError("environment/invalid-argument", message);
  return new EnvironmentError("environment/file-failed", message.replace(/^\[Errno \d+\] /, ""));
}

function json<T>(frame: Frame): T {
  return JSON.parse(frame.payload.toString("utf8")) as T;
}

function pieces(content: FileContent): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof content === "string") return [Buffer.from(content)];
  return content instanceof Uint8Array ? [content] : content;
}
