import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { sendInput, spawnProcess } from "@seer/config";
import { tool } from "./python-tools.ts";
import { readLines } from "./read-lines.ts";

export interface ToolOptions {
  /** The Python that runs `run_attached.py`, which ends the program with this process. */
  python: string;
  signal?: AbortSignal | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /** A locked descriptor that the program inherits, so that the lock lasts until it has ended. */
  lock?: number | undefined;
  /** The program's descriptors 4, 5 and 6: bytes to read, a descriptor of this process, or a pipe. */
  descriptors?: readonly (Uint8Array | number | "pipe")[] | undefined;
  /** Called with the child process after it has been spawned. */
  onStarted?: ((child: ChildProcess) => void) | undefined;
  onLine?: ((line: string) => void) | undefined;
}

export interface ToolResult {
  exitCode: number;
  /** stdout and stderr, interleaved; of more than 16 Mi characters, the last lines. */
  output: string;
}

/** Runs a program on this machine. It is ended when `signal` aborts or this process ends, even by `kill -9`. */
export async function runTool(command: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const { python, signal, env = process.env, lock, descriptors = [], onLine, onStarted } = options;
  signal?.throwIfAborted();
  const child = spawnProcess(python, ["-I", "-S", tool("run_attached"), ...command], {
    env,
    stdio: [
      "pipe",
      "pipe",
      "pipe",
      lock ?? "ignore",
      ...descriptors.map((one) => (one instanceof Uint8Array ? "pipe" : one)),
    ],
  });
  for (const [index, one] of descriptors.entries())
    if (one instanceof Uint8Array) sendInput(child, index + 4, one);
  onStarted?.(child);
  const end = () => child.stdin?.end();
  signal?.addEventListener("abort", end, { once: true });
  const output = new LastLines();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    readLines(stream, longestLine, (line) => {
      output.add(line);
      onLine?.(line);
    });
  }
  try {
    const [exitCode] = (await once(child, "close")) as [number | null];
    signal?.throwIfAborted();
    return { exitCode: exitCode ?? 1, output: output.toString() };
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

const longestLine = 2 ** 20;
const longestOutput = 2 ** 24;

class LastLines {
  #lines: string[] = [];
  #length = 0;
  #dropped = 0;

  add(line: string): void {
    this.#lines.push(line);
    this.#length += line.length + 1;
    while (this.#length > longestOutput) {
      this.#length -= (this.#lines[this.#dropped] ?? "").length + 1;
      this.#lines[this.#dropped++] = "";
    }
    // Not on every line, because it takes time proportional to the number of lines.
    if (this.#dropped <= this.#lines.length / 2) return;
    this.#lines = this.#lines.slice(this.#dropped);
    this.#dropped = 0;
  }

  toString(): string {
    return this.#lines.slice(this.#dropped).join("\n");
  }
}
