import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  type IOType,
  type SpawnOptions,
  spawn,
} from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import type { Stream, Writable } from "node:stream";

/** A file descriptor of a child process. */
export type ChildDescriptor = IOType | "pipe" | "ignore" | "inherit" | number | Stream;

export interface SpawnProcessOptions extends Omit<SpawnOptions, "stdio" | "shell"> {
  /** All file descriptors of the child, from 0 on. @default ["pipe", "pipe", "pipe"] */
  stdio?: readonly ChildDescriptor[] | undefined;
}

/**
 * Starts a program that inherits only the given file descriptors.
 *
 * Node's own `spawn` also passes on all descriptors that this process has inherited without close-on-exec. With an open
 * directory among them, a sandboxed program could read any file of the machine.
 */
export function spawnProcess(
  command: string,
  args: readonly string[],
  options?: SpawnProcessOptions & { stdio?: undefined },
): ChildProcessWithoutNullStreams;
export function spawnProcess(
  command: string,
  args: readonly string[],
  options: SpawnProcessOptions,
): ChildProcess;
export function spawnProcess(
  command: string,
  args: readonly string[],
  { stdio = ["pipe", "pipe", "pipe"], ...options }: SpawnProcessOptions = {},
): ChildProcess {
  const inherited = inheritedDescriptors().filter((descriptor) => descriptor >= stdio.length);
  if (inherited.length === 0) return spawn(command, args, { ...options, stdio: [...stdio] });
  // Node cannot close an inherited descriptor in the child, so each is replaced by /dev/null.
  const empty = openSync("/dev/null", "r+");
  try {
    const all: ChildDescriptor[] = [...stdio];
    for (let descriptor = stdio.length; descriptor <= Math.max(...inherited); descriptor++) {
      all.push(inherited.includes(descriptor) ? empty : "ignore");
    }
    return spawn(command, args, { ...options, stdio: all });
  } finally {
    closeSync(empty);
  }
}

/** Lets a child read `data` from a descriptor that was started as a pipe. */
export function sendInput(child: ChildProcess, descriptor: number, data: Uint8Array): void {
  const pipe = child.stdio[descriptor] as Writable | undefined;
  // A child that does not start or ends early is reported elsewhere.
  pipe?.on("error", () => {});
  pipe?.end(data);
}

const closeOnExec = 0o2000000;

/** Returns the descriptors above standard error that a child process would inherit. */
function inheritedDescriptors(): number[] {
  if (process.platform !== "linux") return openDescriptors("/dev/fd");
  return openDescriptors("/proc/self/fdinfo").filter((descriptor) => {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
      const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
      return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
    } catch {
      // The descriptor has been closed meanwhile.
      return false;
    }
  });
}

function openDescriptors(directory: string): number[] {
  return readdirSync(directory)
    .map(Number)
    .filter((descriptor) => descriptor > 2);
}
