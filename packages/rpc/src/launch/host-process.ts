import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { anySignal, timeoutSignal } from "../connect/timer.ts";
import { RpcError } from "../errors.ts";
import type { Command } from "./host-command.ts";

/** How a host ended. */
export interface HostExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const tailLength = 16_384;
const drainMs = 500;

/** A host process, held by its standard input: the host ends when that closes, as it does when this process dies. */
export class HostProcess {
  readonly exited: Promise<HostExit>;
  readonly #child: ChildProcess;
  readonly #failed: Promise<never>;
  #stderr = "";
  #closing: Promise<void> | undefined;

  constructor({ command, args, env, cwd }: Command, onLog: ((text: string) => void) | undefined) {
    // Its own process group, so that a Ctrl-C in the terminal leaves its end to this process.
    this.#child = spawn(command, args, { env, cwd, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
      this.#child.once("error", () => resolve({ code: null, signal: null }));
    });
    this.#failed = once(this.#child, "error").then(([cause]: Error[]) => {
      throw new RpcError("rpc/host-failed", `${command} cannot be started: ${cause?.message}`, { cause });
    });
    this.#failed.catch(() => {});
    // A host that ended early is reported by its exit, not by the broken pipe.
    this.#child.stdin?.on("error", () => {});
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-tailLength);
      onLog?.(text);
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Gives the host its configuration and waits for its port. */
  async start(
    config: string,
    { signal, timeoutMs }: { signal?: AbortSignal | undefined; timeoutMs: number },
  ): Promise<number> {
    this.#child.stdin?.write(`${config}\n`);
    const aborted = once(anySignal(signal, timeoutSignal(timeoutMs)), "abort").then(() => {
      throw new RpcError(
        "rpc/host-failed",
        `The host did not open its port within ${timeoutMs} ms${this.#said()}`,
      );
    });
    aborted.catch(() => {});
    if (signal?.aborted) throw signal.reason;
    return await Promise.race([this.#readPort(), this.#failed, this.#exitedEarly(), aborted]);
  }

  /** Lets the host end by itself, and ends it when it does not within `graceMs`. */
  close(graceMs = 5000): Promise<void> {
    this.#closing ??= this.#end(graceMs);
    return this.#closing;
  }

  async #end(graceMs: number): Promise<void> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#kill(), graceMs);
    await this.exited;
    clearTimeout(timer);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #kill(): void {
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // It ended by itself after all.
    }
  }

  async #readPort(): Promise<number> {
    const stdout = this.#child.stdout;
    if (stdout === null) return await this.#failed;
    const lines = createInterface({ input: stdout });
    try {
      for await (const line of lines) {
        const port = parsePort(line);
        if (port !== undefined) return port;
      }
    } finally {
      lines.close();
      // Nobody reads the rest, and a full pipe would stop whoever writes to it.
      stdout.resume();
    }
    return await this.#exitedEarly();
  }

  async #exitedEarly(): Promise<never> {
    const { code, signal } = await this.exited;
    await Promise.race([once(this.#child, "close"), delay(drainMs)]);
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    throw new RpcError("rpc/host-failed", `The host ${how} before its port was open${this.#said()}`);
  }

  #said(): string {
    const text = this.#stderr.trim();
    return text === "" ? "" : `:\n${text}`;
  }
}

function parsePort(line: string): number | undefined {
  try {
    const { port } = JSON.parse(line) as { port?: unknown };
    return typeof port === "number" ? port : undefined;
  } catch {
    return undefined;
  }
}
