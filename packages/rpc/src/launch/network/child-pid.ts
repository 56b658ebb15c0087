import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/**
 * A file to which `bwrap --info-fd` writes the PID of the process that it starts. Not a pipe: if the reader of a pipe
 * dies, bubblewrap dies too and leaves a child that waits forever.
 */
export class ChildPidFile implements AsyncDisposable {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(): Promise<ChildPidFile> {
    const directory = await mkdtemp(join(tmpdir(), "seer-launch-"));
    try {
      return new ChildPidFile(await open(join(directory, "info"), "w+", 0o600));
    } finally {
      // The open file is enough.
      await rm(directory, { recursive: true });
    }
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  /** Waits for the PID; undefined if `signal` aborts before. */
  async read(signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(4096), 0, 4096, 0);
      const pid = /"child-pid":\s*(\d+)/.exec(buffer.toString("utf8", 0, bytesRead))?.[1];
      if (pid !== undefined) return Number(pid);
      if (signal.aborted) return undefined;
      await delay(pollMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

const pollMs = 2;
