import { once } from "node:events";
import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { spawnProcess } from "@seer/config";
import { SystemError } from "./errors.ts";
import { tool } from "./python-tools.ts";

/** An exclusive lock on a file, released on disposal. */
export interface FileLock extends AsyncDisposable {
  /** The locked descriptor. The lock lasts until every process that inherited it has closed it or ended. */
  readonly descriptor: number;
}

export interface LockOptions {
  python: string;
  signal?: AbortSignal | undefined;
  /** Called once if another process holds the lock. */
  onWait: () => void;
}

const lockedExitCode = 75;

/** Locks a file, waiting while another process holds the lock. */
export async function lockFile(path: string, { onWait, ...options }: LockOptions): Promise<FileLock> {
  for (let mode: "try" | "wait" = "try"; ; ) {
    const lock = await lockOnce(path, mode, options);
    if (lock !== undefined) return lock;
    if (mode === "try") onWait();
    mode = "wait";
  }
}

/** Locks a file, or returns undefined if another process holds the lock. */
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
    // The previous holder may have removed the file between `open` and `flock`.
    if (isLocked && (await isSameFile(path, handle))) {
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

async function isSameFile(path: string, handle: FileHandle): Promise<boolean> {
  const [atPath, locked] = await Promise.all([stat(path).catch(() => undefined), handle.stat()]);
  return atPath?.ino === locked.ino && atPath.dev === locked.dev;
}

async function flock(
  handle: FileHandle,
  mode: "try" | "wait",
  path: string,
  { python, signal }: Pick<LockOptions, "python" | "signal">,
): Promise<boolean> {
  signal?.throwIfAborted();
  const child = spawnProcess(python, ["-I", "-S", tool("flock"), mode], {
    stdio: ["ignore", "ignore", "inherit", handle.fd],
  });
  const stop = () => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  const [code] = (await once(child, "close")) as [number | null];
  signal?.removeEventListener("abort", stop);
  signal?.throwIfAborted();
  if (code === 0) return true;
  if (mode === "try" && code === lockedExitCode) return false;
  throw new SystemError("environment/start-failed", `${path} cannot be locked`);
}
