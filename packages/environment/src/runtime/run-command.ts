import { BoundedText } from "@seer/config";
import type { InstanceCommand, SandboxInstance } from "./sandbox-instance.ts";

export interface RunLimits {
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  onStdout?: ((text: string) => void) | undefined;
  onStderr?: ((text: string) => void) | undefined;
}

export interface CommandResult {
  /** Undefined after `timeoutMs`; the negative signal number if a signal ended it. */
  exitCode: number | undefined;
  /** Of more than 16 Mi characters, the first, and how many were omitted. */
  stdout: string;
  stderr: string;
}

/** Node fires timers above this limit (24 days) immediately. */
const longestTimer = 2 ** 31 - 1;

/** Runs a command in a sandbox until it ends, times out or is aborted. */
export async function runCommand(
  instance: SandboxInstance,
  command: InstanceCommand,
  { timeoutMs, signal, onStdout, onStderr }: RunLimits = {},
): Promise<CommandResult> {
  signal?.throwIfAborted();
  const stdout = new TextCollector(onStdout);
  const stderr = new TextCollector(onStderr);
  const process = await instance.start({
    ...command,
    onOutput: (stream, data) => (stream === "stdout" ? stdout : stderr).add(data),
  });
  let timedOut = false;
  const kill = () => process.kill();
  const timer =
    timeoutMs === undefined || timeoutMs > longestTimer
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          kill();
        }, timeoutMs);
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  try {
    const exitCode = await process.exited;
    signal?.throwIfAborted();
    return { exitCode: timedOut ? undefined : exitCode, stdout: stdout.end(), stderr: stderr.end() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

/** Decodes chunks of UTF-8 that may end within a character. */
class TextCollector {
  readonly #decoder = new TextDecoder();
  readonly #onText: ((text: string) => void) | undefined;
  readonly #text = new BoundedText();

  constructor(onText: ((text: string) => void) | undefined) {
    this.#onText = onText;
  }

  add(data: Uint8Array): void {
    this.#append(this.#decoder.decode(data, { stream: true }));
  }

  end(): string {
    this.#append(this.#decoder.decode());
    return this.#text.toString();
  }

  #append(text: string): void {
    if (text === "") return;
    this.#text.append(text);
    this.#onText?.(text);
  }
}
