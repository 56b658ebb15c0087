import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { LineTail } from "./line-tail.ts";

const graceMs = 2000;
const maxMessageBytes = 64 * 1024 * 1024;

/**
 * A server that is a child process, spoken to over its stdin and stdout.
 *
 * The SDK's own transport ends only its direct child, and cannot be waited for after a failed connection. Here the
 * server leads a process group, and closing ends all of it: what a wrapper such as `npx` or a shell started, too.
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
    const child = spawn(command, args, {
      env: { ...getDefaultEnvironment(), ...env },
      stdio: "pipe",
      detached: true,
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.ending ??= signal === null ? `exit code ${code}` : `signal ${signal}`;
        // A process that the server left behind would keep its pipes open, and `close` from coming.
        this.kill("SIGKILL");
        resolve();
      });
      child.once("error", () => resolve());
    });
    child.once("close", () => this.onclose?.());
    child.stderr.on("data", (chunk: Buffer) => this.stderr.add(chunk));
    child.stdout.on("data", (chunk: Buffer) => this.#receive(chunk));
    // Writing to a server that has just ended; its end is reported by itself.
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

  /** Asks the server to end by closing its stdin, then less politely, and waits until it has. */
  async close(): Promise<void> {
    this.#child?.stdin.end();
    if (await this.#exitsInTime()) return;
    this.kill("SIGTERM");
    if (await this.#exitsInTime()) return;
    this.kill("SIGKILL");
    await this.#exited;
  }

  /** Sends a signal to the server and everything that it started. */
  kill(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }

  async #exitsInTime(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, graceMs, false);
    });
    const exited = await Promise.race([this.#exited.then(() => true), late]);
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
        // A line that is no message, such as a stray print of the server's.
        this.onerror?.(error as Error);
      }
      // The client puts notifications off by a microtask; a result in the same chunk would overtake the last progress.
      await Promise.resolve();
    }
  }
}
