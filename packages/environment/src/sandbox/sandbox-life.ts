import type { Progress, SandboxConfig } from "@seer/config";
import type { Workspace } from "@seer/workspace";
import type { EndReason, IsolationChoice, Machine, SnapshotRecord } from "../backends/backend.ts";
import { attachMachine, selectBackend } from "../backends/select-backend.ts";
import { EnvironmentError } from "../errors.ts";
import { fitWarning } from "../gpus/fit.ts";
import { currentIdOf } from "../idle/find-idle.ts";
import { checkNameIsFree } from "../idle/idle-records.ts";
import { type IdleOwner, IdleSandbox } from "../idle/idle-sandbox.ts";
import { followMachine } from "../ledger/follow-machine.ts";
import { machineOf } from "../ledger/machine-of.ts";
import { RunAccount } from "../ledger/run-account.ts";
import { buildPlan } from "../plan/build-plan.ts";
import type { Plan } from "../plan/plan.ts";
import { remainingPlan } from "../plan/remaining-plan.ts";
import { type Mask, maskFor } from "../secrets/mask.ts";
import { knownSecrets, resolveSecrets } from "../secrets/resolve-secrets.ts";
import { forgetConfig, keepConfig, keptConfig } from "../snapshots/kept-config.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { configOfState, configToKeep } from "../snapshots/snapshot-config.ts";
import { takeSnapshot } from "../snapshots/take-snapshot.ts";
import { within } from "../within.ts";
import { endWithProcess, forget } from "./ending.ts";
import type { SandboxOptions, SnapshotOptions, StartOptions } from "./options.ts";
import { checkSandboxName } from "./sandbox-name.ts";

export interface LifeStartOptions extends StartOptions {
  kind: Plan["kind"];
  workspace?: Workspace | undefined;
  /** What to begin with. */
  from?: SnapshotRecord | undefined;
}

/** The life of one sandbox, from its start, or from when it is taken up, to its end. */
export class SandboxLife implements IdleOwner {
  readonly report: Progress;
  /** Paths in the sandbox where the user has put files. */
  readonly uploaded = new Set<string>();
  readonly uploads = new Map<string, string>();
  #config: SandboxConfig;
  readonly #isolation: IsolationChoice;
  #machine: Machine | undefined;
  #account: RunAccount | undefined;
  #following: Disposable | undefined;
  #starting: { abort: AbortController; settled: Promise<unknown> } | undefined;
  #isOwner = true;
  #idle: IdleSandbox | undefined;
  #startOptions: Omit<LifeStartOptions, "signal"> | undefined;
  #firstId: string | undefined;
  /** How long machines that have ended for now have run. */
  #pastMs = 0;
  #begunAt = 0;
  readonly #endingForNow = new Set<Machine>();
  #secrets: Readonly<Record<string, string>> = {};
  #mask: Mask = (text) => text;

  constructor(config: SandboxConfig, { onProgress, isolation = "auto" }: SandboxOptions) {
    this.#config = config;
    this.#isolation = isolation;
    this.report = (message) => {
      const masked = this.#mask(message);
      this.#idle?.life.heard(masked);
      onProgress?.(masked);
    };
  }

  /** @throws EnvironmentError `environment/not-started` */
  get machine(): Machine {
    if (this.#machine !== undefined) return this.#machine;
    throw new EnvironmentError("environment/not-started", "The sandbox has not been started", {
      hint: "Call `await sandbox.start()` first.",
    });
  }

  /** Its first machine's; others that follow it are found by it, too, as by their name. */
  get sandboxId(): string {
    return this.#firstId ?? this.machine.state.id;
  }

  /** Its part that goes on while it is stopped; undefined for one that never is. */
  get idle(): IdleSandbox | undefined {
    return this.#idle;
  }

  get mask(): Mask {
    return this.#mask;
  }

  get secretValues(): readonly string[] {
    return Object.values(this.#secrets);
  }

  async start({ signal, ...options }: LifeStartOptions): Promise<void> {
    if (this.#starting !== undefined || this.#machine !== undefined) {
      throw new EnvironmentError("environment/already-started", "The sandbox was started before", {
        hint: "Make a new one to start another.",
      });
    }
    const { name } = options;
    if (name !== undefined) checkSandboxName(name);
    this.#startOptions = options;
    const abort = new AbortController();
    const either = signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]);
    const settled = (async () => {
      if (name !== undefined) await checkNameIsFree(name);
      return await this.#start(options, either);
    })();
    this.#starting = { abort, settled };
    try {
      this.use(await settled);
    } catch (error) {
      // What was fetched for it may have cost something.
      this.#account?.close("terminated");
      throw error;
    } finally {
      this.#starting = undefined;
    }
    const { idle } = this.#config;
    if (idle === undefined) return;
    this.#firstId = this.machine.state.id;
    this.#idle = new IdleSandbox({ idle, config: configToKeep(this.#config), owner: this });
  }

  async takeUp(idOrName: string): Promise<void> {
    this.#isOwner = false;
    this.#machine = await attachMachine(await currentIdOf(idOrName));
    this.#following = followMachine(this.#machine);
    const { state } = this.#machine;
    this.#config = (await keptConfig(state.id)) ?? configOfState(state);
    this.#useSecrets(await knownSecrets(state.secrets));
  }

  /** Does something with the machine, which is started for it when it is stopped; if it has ended, the error says why. */
  async guard<T>(work: (machine: Machine) => Promise<T>, signal?: AbortSignal | undefined): Promise<T> {
    const end = await this.#idle?.life.enter(signal);
    const { machine } = this;
    try {
      return await work(machine);
    } catch (error) {
      if (!(error instanceof EnvironmentError && error.code === "environment/ended")) throw error;
      throw endedError(machine, await within(machine.ended, explainMs, "lost" as const), error);
    } finally {
      end?.();
    }
  }

  async snapshot(description: string, { signal }: SnapshotOptions = {}): Promise<Snapshot> {
    const config = configToKeep(this.#config);
    const kept = await this.#idle?.promote(description);
    if (kept !== undefined) return kept;
    const taken = await this.guard(
      (machine) => takeSnapshot(machine, { description, config, signal }),
      signal,
    );
    this.#idle?.noteSnapshot();
    return taken;
  }

  async terminate(): Promise<void> {
    const ended = new EnvironmentError("environment/ended", "The sandbox was terminated as it started");
    this.#starting?.abort.abort(ended);
    await this.#starting?.settled.catch(() => {});
    if (this.#machine !== undefined) await this.#idle?.close(endedError(this.#machine, "terminated"));
    await this.#machine?.terminate();
    await this.#idle?.forget();
    this.#account?.close("terminated");
    if (this.#machine === undefined) return;
    forget(this.#machine);
    await forgetConfig(this.#machine.state.id);
  }

  /** Ends what this process has started, and lets go of what it has taken up. */
  async dispose(): Promise<void> {
    if (this.#isOwner) await this.terminate();
    else {
      this.#following?.[Symbol.dispose]();
      this.#machine?.release();
    }
  }

  async startAgain({
    from,
    signal,
  }: {
    from: SnapshotRecord | undefined;
    signal: AbortSignal;
  }): Promise<Machine> {
    if (this.#startOptions === undefined) throw new TypeError("It has not been started");
    if (this.#leftMs < 1000) throw endedError(this.machine, "timeout");
    // What begins with an earlier snapshot does so again, unless there is a later one.
    const options = { ...this.#startOptions, name: this.machine.state.name };
    return await this.#start({ ...options, from: from ?? options.from }, signal);
  }

  use(machine: Machine): void {
    this.#machine = machine;
    this.#begunAt = performance.now();
    void machine.ended.then(async (reason) => {
      if (machine !== this.#machine || this.#endingForNow.has(machine)) return;
      await this.#idle?.close(endedError(machine, reason));
      await this.#idle?.forget();
    });
  }

  async endForNow(machine: Machine): Promise<void> {
    this.#endingForNow.add(machine);
    if (machine === this.#machine) this.#pastMs += performance.now() - this.#begunAt;
    const { id } = machine.state;
    try {
      await machine.terminate();
    } catch (error) {
      // Nobody holds it any more, so that it ends itself.
      machine.release();
      this.report(`${machine.state.name} did not end at once: ${(error as Error).message}`);
    }
    this.#account?.machineEnded(id, "idle");
    forget(machine);
    await forgetConfig(id);
  }

  /** The time that it may still live, which is time that there is a machine. */
  get #leftMs(): number {
    return Math.floor(this.#config.timeoutMs - this.#pastMs);
  }

  async #start({ kind, name, workspace, from }: LifeStartOptions, signal: AbortSignal): Promise<Machine> {
    const whole = buildPlan({ ...this.#config, timeoutMs: this.#leftMs }, { kind, workspace });
    const plan = from === undefined ? whole : remainingPlan(whole);
    const backend = await selectBackend(plan.backend);
    const secrets = await resolveSecrets(this.#config.secrets);
    this.#useSecrets(secrets);
    const account = await this.#openAccount(plan, name);
    for (const step of whole.steps) if (step.kind === "file") this.uploaded.add(step.to);
    signal.throwIfAborted();
    const machine = await backend.start(plan, {
      name,
      secrets,
      workspace,
      from,
      signal,
      isolation: this.#isolation,
      meter: account,
      onMachine: (started) => {
        const onEnd = (reason: EndReason) =>
          account.machineEnded(started.state.id, this.#endingForNow.has(started) ? "idle" : reason);
        endWithProcess(started, onEnd);
      },
      onPending: (pending) => endWithProcess(pending, () => {}),
      onProgress: this.report,
    });
    await keepConfig(machine.state.id, this.#config).catch(() => {});
    void machine.ended.then(() => forgetConfig(machine.state.id)).catch(() => {});
    return machine;
  }

  /** One account for all that this start brings; nothing slow begins when its budget does not reach. */
  async #openAccount(plan: Plan, name: string | undefined): Promise<RunAccount> {
    const { timeoutMs, budgetUsd } = this.#config;
    const { backend } = plan;
    this.#account ??= await RunAccount.open({ backend, name, timeoutMs, budgetUsd, onProgress: this.report });
    this.#account.affordableMs(machineOf(plan));
    const warning = await fitWarning(plan);
    if (warning !== undefined) this.report(warning);
    return this.#account;
  }

  #useSecrets(secrets: Readonly<Record<string, string>>): void {
    this.#secrets = secrets;
    this.#mask = maskFor(secrets);
  }
}

function endedError(machine: Machine, reason: EndReason, cause?: unknown): EnvironmentError {
  const message = `The sandbox ${machine.state.name} has ended: ${reasons[reason]}`;
  return new EnvironmentError("environment/ended", message, { cause });
}

// The processes of a sandbox may take this long to end, before which it cannot say why.
const explainMs = 5000;

const reasons: Readonly<Record<EndReason, string>> = {
  terminated: "it was terminated",
  timeout: "its time, `timeoutMs`, was over",
  budget: "its budget, `budgetUsd`, was spent",
  idle: "nobody had called it for a while",
  "owner-gone": "nobody held it any more",
  lost: "its processes are gone",
};
