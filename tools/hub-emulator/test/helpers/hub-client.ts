import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../fixtures/hub_client.py", import.meta.url));
const development = fileURLToPath(new URL("../../../../.venv/bin/python", import.meta.url));

/** A Python process with the real huggingface_hub and a cache of its own. */
export class HubClient implements AsyncDisposable {
  readonly home: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  private constructor(home: string, env: Record<string, string>) {
    const python = process.env.SEER_PYTHON ?? (existsSync(development) ? development : "python3");
    this.home = home;
    this.#child = spawn(python, [script], {
      // What it logs of connections that the tests break is of no interest.
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, HF_HOME: home, HF_HUB_DISABLE_PROGRESS_BARS: "1", ...env },
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async start(env: Record<string, string>): Promise<HubClient> {
    return new HubClient(await mkdtemp(join(tmpdir(), "hub-emulator-client-")), env);
  }

  /** Calls a function and returns what it returned. */
  // biome-ignore lint/suspicious/noExplicitAny: what Python returns has no type here
  async call(name: string, args: Record<string, unknown> = {}): Promise<any> {
    const answer = await this.#ask(name, args);
    if (answer.error !== undefined) throw new Error(`${answer.error}: ${answer.message}`);
    return answer.result;
  }

  /** Calls a function that must fail, and returns the name of its exception. */
  async fail(name: string, args: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.#ask(name, args);
    return answer.error ?? `returned ${JSON.stringify(answer.result)}`;
  }

  /** Kills the process in whatever it does. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 });
  }

  async #ask(
    name: string,
    args: Record<string, unknown>,
  ): Promise<{ result?: unknown; error?: string; message?: string }> {
    this.#child.stdin.write(`${JSON.stringify([name, args])}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error("The Python process ended");
    return JSON.parse(value);
  }
}
