import { Condition } from "../condition.ts";
import type { EmulatedClock } from "../emulated-clock.ts";
import type { Exec } from "../execs/exec.ts";
import { createId, createSandboxV2Id } from "../ids.ts";
import { StatusError } from "../wire/status-error.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { BillingEntry } from "./ledger.ts";
import { probeReadiness } from "./probe-readiness.ts";
import { resultStatus, type SandboxDefinition, type SandboxResult } from "./sandbox-definition.ts";
import type { Command, SandboxMachine } from "./sandbox-machine.ts";

/** How long a finished command's output may take to arrive. */
const LAST_WORDS_MS = 500;

export interface SandboxOptions {
  version: 1 | 2;
  definition: SandboxDefinition;
  tags: Record<string, string>;
  clock: EmulatedClock;
  createdAt: number;
  boot: (sandbox: Sandbox) => Promise<SandboxMachine>;
}

/** One sandbox, from the call that made it until long after its end. */
export class Sandbox {
  readonly id: string;
  readonly taskId = createId("ta");
  readonly version: 1 | 2;
  readonly definition: SandboxDefinition;
  readonly createdAt: number;
  readonly changed = new Condition();
  tags: Record<string, string>;
  name: string | undefined;
  startedAt: number | undefined;
  endedAt: number | undefined;
  readyAt: number | undefined;
  result: SandboxResult | undefined;
  machine: SandboxMachine | undefined;
  /** The sandbox's own command; undefined when it has none and just waits. */
  main: Exec | undefined;
  readonly execs = new Map<string, Exec>();
  readonly #clock: EmulatedClock;
  readonly #boot: SandboxOptions["boot"];
  readonly #over = new AbortController();
  #idle: IdleWatch | undefined;
  #cancelTimeout: () => void = () => {};
  #destroyed: Promise<void> = Promise.resolve();

  constructor(options: SandboxOptions) {
    this.version = options.version;
    this.id = options.version === 1 ? createId("sb") : createSandboxV2Id();
    this.definition = options.definition;
    this.tags = options.tags;
    this.name = options.definition.name;
    this.createdAt = options.createdAt;
    this.#clock = options.clock;
    this.#boot = options.boot;
  }

  get state(): "queued" | "running" | "finished" {
    if (this.result !== undefined) return "finished";
    return this.machine === undefined ? "queued" : "running";
  }

  /** Aborted when the sandbox ends. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /** Gets the sandbox its machine and starts its command; billing begins here. */
  async start(): Promise<void> {
    if (this.result !== undefined) return;
    this.startedAt = this.#clock.now();
    try {
      const { timeoutMs, idleTimeoutMs } = this.definition;
      this.#idle = new IdleWatch(this.#clock, idleTimeoutMs, () => this.#expire("idleTimeout"));
      this.#cancelTimeout = this.#clock.setAlarm(this.startedAt + timeoutMs, () => this.#expire("timeout"));
      const machine = await this.#boot(this);
      if (this.#over.signal.aborted) return await machine.destroy();
      this.machine = machine;
      await this.#startMain(machine);
      this.changed.notify();
      void this.#watch(machine);
    } catch (error) {
      this.finish({ status: resultStatus.initFailure, exitcode: 1, exception: (error as Error).message });
    }
  }

  /** Starts a command under the id that its client chose; a repeated id is the same command. */
  async exec(id: string, command: Command, timeoutMs: number | undefined): Promise<void> {
    if (this.execs.has(id)) return;
    const machine = this.running();
    const release = this.beginUse();
    const exec = await machine.exec(command);
    this.execs.set(id, exec);
    const cancel =
      timeoutMs === undefined
        ? () => {}
        : this.#clock.setAlarm(this.#clock.now() + timeoutMs, () => exec.kill());
    void exec.wait().then(() => {
      cancel();
      release();
    });
  }

  /** The machine of a running sandbox, or an error for a client that comes too late. */
  running(): SandboxMachine {
    if (this.result !== undefined) throw new StatusError("NOT_FOUND", `Sandbox ${this.id} has finished`);
    if (this.machine === undefined)
      throw new StatusError("FAILED_PRECONDITION", `Sandbox ${this.id} is not running yet`);
    return this.machine;
  }

  beginUse(): () => void {
    return this.#idle?.begin() ?? (() => {});
  }

  touch(): void {
    this.#idle?.touch();
  }

  /** Ends the sandbox with a result; only the first counts. */
  finish(result: SandboxResult): Promise<void> {
    if (this.result !== undefined) return this.#destroyed;
    this.result = result;
    this.endedAt = this.#clock.now();
    this.#cancelTimeout();
    this.#idle?.stop();
    this.#over.abort();
    this.#destroyed = this.machine?.destroy() ?? Promise.resolve();
    this.changed.notify();
    return this.#destroyed;
  }

  terminate(): Promise<void> {
    return this.finish({ status: resultStatus.terminated, exitcode: 137, exception: "" });
  }

  /** What this sandbox cost so far; undefined as long as it never got a machine. */
  bill(): BillingEntry | undefined {
    const { startedAt, endedAt, definition } = this;
    if (startedAt === undefined) return undefined;
    const seconds = ((endedAt ?? this.#clock.now()) - startedAt) / 1000;
    return {
      sandboxId: this.id,
      appId: definition.appId,
      ...(this.name !== undefined && { name: this.name }),
      tags: { ...this.tags },
      ...(definition.gpu && { gpu: definition.gpu.type }),
      gpuCount: definition.gpu?.count ?? 0,
      cpu: definition.cpu,
      memoryMiB: definition.memoryMiB,
      startedAt,
      ...(endedAt !== undefined && { endedAt }),
      seconds,
      gpuSeconds: seconds * (definition.gpu?.count ?? 0),
    };
  }

  async #startMain(machine: SandboxMachine): Promise<void> {
    if (this.definition.command.length === 0) return;
    const main = await machine.exec({ argv: this.definition.command, env: {}, pty: false });
    main.stdout.drain();
    main.stderr.drain();
    this.main = main;
  }

  async #watch(machine: SandboxMachine): Promise<void> {
    void machine.container.exited.then(() => {
      void this.finish({ status: resultStatus.failure, exitcode: 137, exception: "The container died" });
    });
    void this.#followMain();
    if (this.definition.probe === undefined) return;
    const ready = await probeReadiness(this.definition.probe, {
      listens: async (port) => {
        const socket = await machine.container.dial(port);
        socket?.destroy();
        return socket !== undefined;
      },
      run: async (argv) => {
        const exec = await machine.exec({ argv, env: {}, pty: false });
        exec.stdout.drain();
        exec.stderr.drain();
        return (await exec.wait(this.signal))?.code ?? 1;
      },
      signal: this.signal,
    });
    if (ready) this.readyAt = this.#clock.now();
    this.changed.notify();
  }

  /** A sandbox whose own command ends is over, once what that command said has arrived. */
  async #followMain(): Promise<void> {
    const exit = await this.main?.wait(this.signal);
    if (this.main === undefined || exit === undefined) return;
    await Promise.all([this.main.stdout.whenEnded(LAST_WORDS_MS), this.main.stderr.whenEnded(LAST_WORDS_MS)]);
    const exitcode = exit.code ?? 128 + (exit.signal ?? 9);
    const status = exitcode === 0 ? resultStatus.success : resultStatus.failure;
    await this.finish({ status, exitcode, exception: "" });
  }

  #expire(reason: "timeout" | "idleTimeout"): void {
    void this.finish({ status: resultStatus[reason], exitcode: 124, exception: "" });
  }
}
