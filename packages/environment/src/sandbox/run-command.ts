import type { Machine, MachineCommand } from "../backends/backend.ts";

export interface RunLimits {
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  onStdout?: ((text: string) => void) | undefined;
  onStderr?: ((text: string) => void) | undefined;
}

export interface CommandResult {
  /** Undefined when it was ended because of `timeoutMs`; minus the number of the signal that ended it otherwise. */
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs a command in a machine to its end, which comes no later than its limits say. */
export async function runCommand(
  machine: Machine,
  command: MachineCommand,
  { timeoutMs, signal, onStdout, onStderr }: RunLimits = {},
): Promise<CommandResult> {
  signal?.throwIfAborted();
  const stdout = new TextCollector(onStdout);
  const stderr = new TextCollector(onStderr);
  const process = await machine.start({
    ...command,
    onOutput: (stream, data) => (stream === "stdout" ? stdout : stderr).add(data),
  });
  let timedOut = false;
  const kill = () => process.kill();
  const timer =
    timeoutMs === undefined
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

/** Text from bytes that may be cut anywhere. */
class TextCollector {
  readonly #decoder = new TextDecoder();
  readonly #onText: ((text: string) => void) | undefined;
  #text = "";

  constructor(onText: ((text: string) => void) | undefined) {
    this.#onText = onText;
  }

  add(data: Uint8Array): void {
    this.#append(this.#decoder.decode(data, { stream: true }));
  }

  end(): string {
    this.#append(this.#decoder.decode());
    return this.#text;
  }

  #append(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#onText?.(text);
  }
}
