import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { EnvironmentError } from "../errors.ts";
import { tool } from "../python-source.ts";

/** The lock of a file, which is there as long as it is held. */
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
export async function lockFile(path: string, { onWait, ...options }: LockOptions): Promise<FileLock> {
  for (let mode: "try" | "wait" = "try"; ; ) {
    const lock = await lockOnce(path, mode, options);
    if (lock !== undefined) return lock;
    if (mode === "try") onWait();
    mode = "wait";
  }
}

/** The lock of a file, or undefined when somebody else has it. */
export async function tryLockFile(path: string, python: string): Promise<FileLock | undefined> {
  return await lockOnce(path, "try", { python });
}

async function lockOnce(
  path: string,
  mode: "try" | "wait",
  options: Pick<LockOptions, "python" | "signal">,
): Promise<FileLock | undefined> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, "a", 0o600);
  try {
    const isLocked = await flock(handle, mode, path, options);
    // Whoever had it before has removed the file that it was the lock of.
    if (isLocked && (await isAt(path, handle))) {
      return {
        descriptor: handle.fd,
        [Symbol.asyncDispose]: async () => {
          await rm(path, { force: true });
          await handle.close();
        },
      };
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

async function isAt(path: string, handle: FileHandle): Promise<boolean> {
  const [there, own] = await Promise.all([stat(path).catch(() => undefined), handle.stat()]);
  return there?.ino === own.ino && there.dev === own.dev;
}

async function flock(
  handle: FileHandle,
  mode: "try" | "wait",
  path: string,
  { python, signal }: Pick<LockOptions, "python" | "signal">,
): Promise<boolean> {
  signal?.throwIfAborted();
  const child = spawn(python, ["-I", tool("flock"), mode], {
    stdio: ["ignore", "ignore", "inherit", handle.fd],
  });
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  const [code] = (await once(child, "close")) as [number | null];
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (code === 0) return true;
  if (mode === "try" && code === taken) return false;
  throw new EnvironmentError("environment/start-failed", `${path} cannot be locked`);
}
