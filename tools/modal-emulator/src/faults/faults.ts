import type { AccessTokens } from "../access-tokens.ts";
import { StatusError, type StatusName } from "../wire/status-error.ts";
import { type Fault, FaultList } from "./fault-list.ts";
import { Gate, type Hold } from "./gate.ts";
import { throttleStatus } from "./throttle-status.ts";

/** The methods that a fault affects, such as "SandboxCreateV2", or a pattern for their names. */
export type MethodPattern = string | RegExp;

export interface FaultTargets {
  tokens: AccessTokens;
  dropConnections: () => void;
  crashSandbox: (sandboxId: string) => Promise<void>;
}

/** Faults that can be injected; each occurs once by default. */
export class Faults {
  readonly #targets: FaultTargets;
  readonly #before = new FaultList<() => StatusError>();
  readonly #after = new FaultList<() => StatusError>();
  readonly #streams = new FaultList<number>();
  readonly #builds = new FaultList<string>();
  readonly #calls = new Gate();
  readonly #scheduling = new Gate();

  constructor(targets: FaultTargets) {
    this.#targets = targets;
  }

  /** Refuses calls with a status. @default UNAVAILABLE */
  fail(method: MethodPattern, options: { code?: StatusName; message?: string; times?: number } = {}): Fault {
    const { code = "UNAVAILABLE", message = "Injected fault", times = 1 } = options;
    return this.#before.add(method, times, () => new StatusError(code, message));
  }

  /** Executes calls, but loses their replies. */
  loseReply(method: MethodPattern, options: { times?: number } = {}): Fault {
    return this.#after.add(
      method,
      options.times ?? 1,
      () => new StatusError("UNAVAILABLE", "The reply was lost"),
    );
  }

  /** Refuses calls, and tells the client when to retry. */
  throttle(method: MethodPattern, options: { retryAfterMs?: number; times?: number } = {}): Fault {
    return this.#before.add(method, options.times ?? 1, () => throttleStatus(options.retryAfterMs ?? 100));
  }

  /** Interrupts streams in either direction after a number of bytes. */
  dropStream(method: MethodPattern, options: { afterBytes?: number; times?: number } = {}): Fault {
    return this.#streams.add(method, options.times ?? 1, options.afterBytes ?? 0);
  }

  /** Leaves calls without an answer until released. */
  hold(method: MethodPattern): Hold {
    return this.#calls.hold((name) => (typeof method === "string" ? name === method : method.test(name)));
  }

  /** Gives no machine to new sandboxes until released: to those with this GPU, or to all. */
  holdCapacity(options: { gpu?: string } = {}): Hold {
    return this.#scheduling.hold((gpu) => options.gpu === undefined || gpu === options.gpu);
  }

  /** Lets the next image builds fail instead of running. */
  failImageBuild(options: { message?: string; times?: number } = {}): Fault {
    return this.#builds.add("", options.times ?? 1, options.message ?? "Injected build failure");
  }

  /** Issues the next command router tokens already expired. */
  expireTokens(options: { times?: number } = {}): void {
    this.#targets.tokens.issueExpired(options.times ?? 1);
  }

  /** Cuts every open connection of every client. */
  dropConnections(): void {
    this.#targets.dropConnections();
  }

  /** Kills the machine of a sandbox. */
  crashSandbox(sandboxId: string): Promise<void> {
    return this.#targets.crashSandbox(sandboxId);
  }

  /** Removes all faults that have not occurred, and releases all held calls. */
  clear(): void {
    for (const list of [this.#before, this.#after, this.#streams, this.#builds]) list.clear();
    for (const gate of [this.#calls, this.#scheduling]) gate.clear();
  }

  /** @internal */
  readonly effects = {
    before: (method: string) => this.#before.take(method)?.(),
    after: (method: string) => this.#after.take(method)?.(),
    streamBudget: (method: string) => this.#streams.take(method) ?? Number.POSITIVE_INFINITY,
    buildFailure: () => this.#builds.take(""),
    passCall: (method: string, signal: AbortSignal) => this.#calls.pass(method, signal),
    passScheduling: (gpu: string, signal: AbortSignal) => this.#scheduling.pass(gpu, signal),
  };
}
