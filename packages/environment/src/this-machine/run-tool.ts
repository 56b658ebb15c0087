import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { tool } from "../python-source.ts";

export interface ToolOptions {
  /** A Python to run its guard with. */
  python: string;
  signal?: AbortSignal | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /** An open file that is locked until the tool, too, has ended. */
  lock?: number | undefined;
  onLine?: ((line: string) => void) | undefined;
}

export interface ToolResult {
  exitCode: number;
  /** stdout and stderr. */
  output: string;
}

/** Runs a program on this machine that ends when `signal` aborts and when this process does, even by `kill -9`. */
export async function runTool(command: readonly string[], options: ToolOptions): Promise<ToolResult> {
  const { python, signal, env = process.env, lock, onLine } = options;
  signal?.throwIfAborted();
  const child = spawn(python, ["-I", tool("lifeline"), ...command], {
    env,
    stdio: ["pipe", "pipe", "pipe", lock ?? "ignore"],
  });
  const end = () => child.stdin?.end();
  signal?.addEventListener("abort", end, { once: true });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  try {
    const [exitCode] = (await once(child, "close")) as [number | null];
    signal?.throwIfAborted();
    return { exitCode: exitCode ?? 1, output: lines.join("\n") };
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
