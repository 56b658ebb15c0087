import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { EnvironmentError } from "../../errors.ts";
import { tool } from "../../python-source.ts";

export interface FileLock extends AsyncDisposable {
  /** The locked open file; the lock lasts until every process that has it open has closed it, or ended. */
  readonly descriptor: number;
}

export interface LockOptions {
  python: string;
  signal?: AbortSignal | undefined;
  /** Somebody else has it. */
  onWait: () => void;
}

const taken = 75;

/** Waits until this process alone holds the lock of a file. */
export async function lockFile(path: string, { python, signal, onWait }: LockOptions): Promise<FileLock> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, "a", 0o600);
  try {
    if ((await flock("try")) === taken) {
      onWait();
      await flock("wait");
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { descriptor: handle.fd, [Symbol.asyncDispose]: () => handle.close() };

  async function flock(mode: "try" | "wait"): Promise<number | null> {
    signal?.throwIfAborted();
    const child = spawn(python, ["-I", tool("flock"), mode], {
      stdio: ["ignore", "ignore", "inherit", handle.fd],
    });
    const stop = () => child.kill();
    signal?.addEventListener("abort", stop, { once: true });
    const [code] = (await once(child, "close")) as [number | null];
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    if (code === 0 || (mode === "try" && code === taken)) return code;
    throw new EnvironmentError("environment/start-failed", `${path} cannot be locked`);
  }
}
