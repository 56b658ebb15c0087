import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { spawnProcess } from "@seer/config";
import { LineTail } from "./line-tail.ts";

const graceMs = 2000;
const maxMessageBytes = 64 * 1024 * 1024;

/**
 * The connection to a server that is a child process, over its stdin and stdout.
 *
 * The SDK's own transport ends only its direct child, and has no way to wait for it after a failed connection. Here
 * the server has its own process group, and closing ends the whole group, for example what `npx` or a shell started.
 */
export class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;

  /** The last lines that the server wrote to its stderr. */
  readonly stderr = new LineTail();
  /** How the server ended, such as `exit code 1`; undefined while it runs. */
  ending: string | undefined;

  readonly #config: { command: string; args: string[]; env: Record<string, string> };
  readonly #received = new ReadBuffer({ maxBufferSize: maxMessageBytes });
  #child: ChildProcessWithoutNullStreams | undefined;
  #exited: Promise<void> = Promise.resolve();
  #delivered: Promise<void> = Promise.resolve();

  constructor(config: { command: string; args: string[]; env: Record<string, string> }) {
    this.#config = config;
  }

  async start(): Promise<void> {
    const { command, args, env } = this.#config;
    const child = spawnProcess(command, args, {
      env: { ...getDefaultEnvironment(), ...env },
      detached: true,
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.ending ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
        // A process that the server has left behind keeps the pipes open, and would delay the `close` event.
        this.kill("SIGKILL");
        resolve();
      });
      child.once("error", () => resolve());
    });
    child.once("close", () => this.onclose?.());
    child.stderr.on("data", (chunk: Buffer) => this.stderr.add(chunk));
    child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    // Ignore errors of writing to a server that has ended, because its end is reported separately.
    child.stdin.on("error", () => {});
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || !stdin.writable) throw new Error("The server has ended");
    await new Promise<void>((resolve) => {
      stdin.write(serializeMessage(message), () => resolve());
    });
  }

  /** Closes the server's stdin; if it does not exit, sends SIGTERM and then SIGKILL. Waits until it has exited. */
  async close(): Promise<void> {
    this.#child?.stdin.end();
    if (await this.#exitsInTime()) return;
    this.kill("SIGTERM");
    if (await this.#exitsInTime()) return;
    this.kill("SIGKILL");
    await this.#exited;
  }

  /** Sends a signal to the server's process group. */
  kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group has no processes left.
    }
  }

  async #exitsInTime(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, graceMs, false);
    });
    const exited = await Promise.race([this.#exited.then(() => true), timeout]);
    clearTimeout(timer);
    return exited;
  }

  #receive(chunk: Buffer): void {
    try {
      this.#received.append(chunk);
    } catch {
      this.ending = `a message of more than ${maxMessageBytes} bytes`;
      this.kill("SIGKILL");
      return;
    }
    this.#delivered = this.#delivered.then(() => this.#deliver());
  }

  async #deliver(): Promise<void> {
    while (true) {
      try {
        const message = this.#received.readMessage();
        if (message === null) return;
        this.onmessage?.(message);
      } catch (error) {
        // Ignore lines that are not messages, such as debug output of the server.
        this.onerror?.(error as Error);
      }
      // The client handles notifications a microtask later; without a pause, a result in the same chunk would come before
      // the last progress.
      await Promise.resolve();
    }
  }
}
