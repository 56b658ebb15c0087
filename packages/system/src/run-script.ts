import { once } from "node:events";
import { spawnProcess } from "@seer/config";
import { tool } from "./python-tools.ts";
import { readLines } from "./read-lines.ts";

export interface ScriptOptions<Line> {
  python: string;
  env?: NodeJS.ProcessEnv | undefined;
  signal?: AbortSignal | undefined;
  onLine?: ((line: Line) => void) | undefined;
}

export interface ScriptResult<Line> {
  /** The last line that it printed; undefined if that was not JSON. */
  last: Line | undefined;
  stderr: string;
}

/**
 * Runs one of the scripts in `seer_tools` that read a JSON request from standard input and print JSON lines. It is ended
 * when `signal` aborts or this process ends, even by `kill -9`.
 */
export async function runScript<Line>(
  name: string,
  request: object,
  { python, env = process.env, signal, onLine }: ScriptOptions<Line>,
): Promise<ScriptResult<Line>> {
  signal?.throwIfAborted();
  const child = spawnProcess(python, ["-I", tool(name)], { env });
  // Ignore EPIPE: a script that has ended reports why on its own.
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify({ ...request, exitOnStdinClose: true })}\n`);
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.stdin.end();
    killTimer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  signal?.addEventListener("abort", stop, { once: true });
  let last: Line | undefined;
  const stderr: string[] = [];
  readLines(child.stdout, longestAnswer, (text) => {
    last = parse<Line>(text);
    if (last !== undefined) onLine?.(last);
  });
  readLines(child.stderr, longestMessage, (text) => {
    stderr.push(text);
    if (stderr.length > keptLines) stderr.shift();
  });
  try {
    await once(child, "close");
    signal?.throwIfAborted();
    return { last, stderr: stderr.join("\n") };
  } finally {
    clearTimeout(killTimer);
    signal?.removeEventListener("abort", stop);
  }
}

/** Ignores lines that are not JSON, because libraries may print too. */
function parse<Line>(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

const graceMs = 5000;
const keptLines = 20;
// An answer may list all files of a large repository.
const longestAnswer = 2 ** 25;
const longestMessage = 2 ** 13;
