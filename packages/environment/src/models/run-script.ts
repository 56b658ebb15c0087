import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { tool } from "../python-source.ts";

export interface ScriptOptions<Line> {
  python: string;
  env?: NodeJS.ProcessEnv | undefined;
  signal?: AbortSignal | undefined;
  onLine?: ((line: Line) => void) | undefined;
}

export interface ScriptResult<Line> {
  /** What it printed at last; nothing when it broke. */
  last: Line | undefined;
  stderr: string;
}

/**
 * Runs one of Seer's scripts that takes a request on standard input and answers in JSON lines. It ends when `signal`
 * aborts, and when this process does, even by `kill -9`.
 */
export async function runScript<Line>(
  name: string,
  request: object,
  { python, env = process.env, signal, onLine }: ScriptOptions<Line>,
): Promise<ScriptResult<Line>> {
  signal?.throwIfAborted();
  const child = spawn(python, ["-I", tool(name)], { env, stdio: ["pipe", "pipe", "pipe"] });
  // One that has ended reads nothing any more, and says itself why it has.
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify({ ...request, attended: true })}\n`);
  let late: NodeJS.Timeout | undefined;
  const stop = () => {
    child.stdin.end();
    late = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  signal?.addEventListener("abort", stop, { once: true });
  let last: Line | undefined;
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    last = parse<Line>(text);
    if (last !== undefined) onLine?.(last);
  });
  createInterface({ input: child.stderr }).on("line", (text) => {
    stderr.push(text);
    if (stderr.length > keptLines) stderr.shift();
  });
  try {
    await once(child, "close");
    signal?.throwIfAborted();
    return { last, stderr: stderr.join("\n") };
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", stop);
  }
}

/** A library may print too; what is no JSON is nobody's answer. */
function parse<Line>(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

const graceMs = 5000;
const keptLines = 20;
