import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { LineSplitter, sendInput, spawnProcess } from "@seer/config";
import { anySignal, timeoutSignal } from "../connect/timer.ts";
import { RpcError } from "../errors.ts";
import type { Command } from "./host-command.ts";
import { parsePort } from "./parse-port.ts";

/** How a host process ended. */
export interface HostExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const tailLength = 16_384;
const drainMs = 500;

/** A host process. It stops when its standard input closes, which also happens when this process dies. */
export class HostProcess {
  readonly exited: Promise<HostExit>;
  readonly #child: ChildProcess;
  readonly #failed: Promise<never>;
  readonly #gate: number | undefined;
  #stderr = "";
  #closing: Promise<void> | undefined;

  constructor(
    { command, args, env, cwd, descriptors = [], gate }: Command,
    onLog: ((text: string) => void) | undefined,
  ) {
    this.#gate = gate;
    // In its own process group, so that Ctrl-C in the terminal reaches only this process, which then stops the host.
    const more = descriptors.map((given) => (given instanceof Uint8Array ? "pipe" : given));
    const stdio = ["pipe", "pipe", "pipe", ...more] as const;
    this.#child = spawnProcess(command, args, { env, cwd, stdio, detached: true });
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        // Otherwise a child of bubblewrap that still waits for input would wait until this process ends.
        if (gate !== undefined) this.#child.stdio[gate]?.destroy();
        resolve({ code, signal });
      });
      this.#child.once("error", () => resolve({ code: null, signal: null }));
    });
    this.#failed = once(this.#child, "error").then(([cause]: Error[]) => {
      throw new RpcError("rpc/host-failed", `${command} cannot be started: ${cause?.message}`, { cause });
    });
    this.#failed.catch(() => {});
    for (const [index, given] of descriptors.entries()) {
      if (given instanceof Uint8Array) sendInput(this.#child, index + 3, given);
    }
    // If the host ends early, report its exit status instead of the broken pipe.
    this.#child.stdin?.on("error", () => {});
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-tailLength);
      onLog?.(text);
    });
  }

  /** Lets bubblewrap run the command. */
  openGate(): void {
    if (this.#gate !== undefined) sendInput(this.#child, this.#gate, Buffer.from([0]));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Sends the host its configuration and waits for its port. */
  async start(
    config: string,
    { signal, timeoutMs }: { signal?: AbortSignal | undefined; timeoutMs: number },
  ): Promise<number> {
    this.#child.stdin?.write(`${config}\n`);
    const aborted = once(anySignal(signal, timeoutSignal(timeoutMs)), "abort").then(() => {
      throw new RpcError(
        "rpc/host-failed",
        `The host did not open its port within ${timeoutMs} ms${this.#stderrTail()}`,
      );
    });
    aborted.catch(() => {});
    if (signal?.aborted) throw signal.reason;
    return await Promise.race([this.#readPort(), this.#failed, this.#exitedEarly(), aborted]);
  }

  /** Asks the host to stop by closing its input; kills it after `graceMs`. */
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
      // It has ended meanwhile.
    }
  }

  #readPort(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const lines = new LineSplitter((line) => {
      const port = parsePort(line);
      if (port !== undefined) resolve(port);
    });
    const add = (text: string) => lines.add(text);
    const stdout = this.#child.stdout?.setEncoding("utf8").on("data", add);
    // Discard further output, because a full pipe would block its writer.
    return promise.finally(() => stdout?.off("data", add).resume());
  }

  async #exitedEarly(): Promise<never> {
    const { code, signal } = await this.exited;
    await Promise.race([once(this.#child, "close"), delay(drainMs)]);
    const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
    throw new RpcError("rpc/host-failed", `The host ${how} before its port was open${this.#stderrTail()}`);
  }

  #stderrTail(): string {
    const text = this.#stderr.trim();
    return text === "" ? "" : `:\n${text}`;
  }
}
