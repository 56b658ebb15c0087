import type { Readable } from "node:stream";
import { type SpawnProcessOptions, sendInput, spawnProcess } from "./spawn-process.ts";

export interface RunProgramOptions extends Pick<SpawnProcessOptions, "cwd" | "env"> {
  signal?: AbortSignal | undefined;
  /** The program is killed after this long. */
  timeoutMs: number;
  /** The program is killed if it prints more than this. @default 16 MiB */
  maxBytes?: number | undefined;
  /** Data that the program can read from file descriptors 3, 4 and so on. */
  inputs?: readonly Uint8Array[] | undefined;
}

export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that could not be started, failed, or was killed. */
export class ProgramError extends Error {
  /** The exit code, or a system error code such as `ENOENT` if the program could not be started. */
  readonly code: number | string | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(message: string, code: number | string | undefined, { stdout, stderr }: ProgramOutput) {
    super(message);
    this.name = "ProgramError";
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * Runs a program and returns its output.
 *
 * @throws ProgramError if the program cannot be started, fails, or is killed
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { signal, timeoutMs, maxBytes = 16 * 2 ** 20, inputs = [], ...options }: RunProgramOptions,
): Promise<ProgramOutput> {
  signal?.throwIfAborted();
  const stdio = ["ignore", "pipe", "pipe", ...inputs.map(() => "pipe" as const)] as const;
  const child = spawnProcess(program, args, { ...options, stdio });
  for (const [index, input] of inputs.entries()) sendInput(child, index + 3, input);
  let killed: string | undefined;
  const kill = (reason: string) => {
    killed ??= reason;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(kill, timeoutMs, `it did not end within ${timeoutMs} ms`);
  const abort = () => kill("it was cancelled");
  signal?.addEventListener("abort", abort, { once: true });
  const stdout = collect(child.stdout, maxBytes, kill);
  const stderr = collect(child.stderr, maxBytes, kill);
  try {
    const ending = await new Promise<{ code: number | null; signal: string | null } | NodeJS.ErrnoException>(
      (resolve) => {
        child.once("error", resolve);
        child.once("close", (code, signal) => resolve({ code, signal }));
      },
    );
    signal?.throwIfAborted();
    const output = { stdout: stdout(), stderr: stderr() };
    if (ending instanceof Error) throw new ProgramError(ending.message, ending.code, output);
    if (ending.code === 0 && killed === undefined) return output;
    const how = killed ?? (ending.signal === null ? `exit code ${ending.code}` : `signal ${ending.signal}`);
    throw new ProgramError(`${program} failed: ${how}`, ending.code ?? undefined, output);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function collect(stream: Readable | null, maxBytes: number, kill: (reason: string) => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) kill(`it printed more than ${maxBytes} bytes`);
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}
