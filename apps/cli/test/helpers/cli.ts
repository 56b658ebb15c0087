import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export const mainFile = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const terminal = fileURLToPath(new URL("terminal.py", import.meta.url));

interface Options {
  env?: Record<string, string | undefined>;
  cwd?: string;
  nodeArgs?: string[];
  /** Runs it on a terminal, all of whose output is then `stdout`. */
  onTerminal?: boolean;
}

// `seer serve` stays up by design, so it must not outlive a test run that is broken off.
const running = new Set<Cli>();
process.once("exit", () => {
  for (const cli of running) cli.process.kill("SIGTERM");
});

/** `seer`, as a process of its own. */
export class Cli implements AsyncDisposable {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<number>;

  constructor(args: string[], { env = {}, cwd, nodeArgs = [], onTerminal = false }: Options = {}) {
    const command = [process.execPath, ...nodeArgs, mainFile, ...args];
    const [program = "", ...rest] = onTerminal ? ["python3", terminal, ...command] : command;
    this.process = spawn(program, rest, {
      // Colours depend on where the tests run.
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process.stdout.on("data", (chunk) => (this.stdout += chunk));
    this.process.stderr.on("data", (chunk) => (this.stderr += chunk));
    this.#ended = once(this.process, "close").then(([code, signal]) => code ?? signal);
    running.add(this);
    void this.#ended.then(() => running.delete(this));
  }

  /** Waits for the process to end, and returns its exit code. */
  get exitCode(): Promise<number> {
    return this.#ended;
  }

  /** Waits until the process has printed this. */
  async until(text: string): Promise<void> {
    await this.#until((printed) => printed.includes(text), `"${text}"`);
  }

  /** Waits until what the process has printed matches. */
  async untilMatches(pattern: RegExp): Promise<void> {
    await this.#until((printed) => pattern.test(printed), String(pattern));
  }

  async #until(isThere: (printed: string) => boolean, what: string): Promise<void> {
    const ended = this.#ended.then(() => true);
    while (!isThere(`${this.stdout}${this.stderr}`)) {
      const printed = Promise.race([once(this.process.stdout, "data"), once(this.process.stderr, "data")]);
      if ((await Promise.race([printed, ended])) === true && !isThere(`${this.stdout}${this.stderr}`)) {
        throw new Error(`It ended without printing ${what}:\n${this.stdout}${this.stderr}`);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGINT");
    await this.#ended;
  }
}

export async function seer(args: string[], options?: Options) {
  const cli = new Cli(args, options);
  const exitCode = await cli.exitCode;
  return { exitCode, stdout: cli.stdout, stderr: cli.stderr };
}
