import type { Progress, SandboxConfig } from "@seer/config";
import { raceSignal, withTimeout } from "@seer/config";
import { explainFullDisk, knownSecrets, type Mask, maskFor, resolveSecrets } from "@seer/system";
import type { Workspace } from "@seer/workspace";
import { attachInstance, selectBackend } from "../backends/select-backend.ts";
import { fitWarning } from "../cost/fit.ts";
import { followInstance } from "../cost/heartbeat.ts";
import { RunAccount } from "../cost/run-account.ts";
import { resourcesOf } from "../cost/spending.ts";
import { EndedError, EnvironmentError } from "../errors.ts";
import { currentIdOf } from "../idle/find-idle.ts";
import { checkNameIsFree } from "../idle/idle-records.ts";
import { type IdleOwner, IdleSandbox } from "../idle/idle-sandbox.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { checkSources } from "../plan/check-sources.ts";
import type { Plan } from "../plan/plan.ts";
import { remainingPlan, servicesOf } from "../plan/plan.ts";
import type { IsolationChoice } from "../runtime/backend.ts";
import { configToKeep, forgetConfig, keepConfig, keptConfig } from "../runtime/kept-config.ts";
import type { EndReason, SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { SnapshotRecord } from "../runtime/snapshot-record.ts";
import { startServices } from "../services/start-services.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { configOfState } from "../snapshots/snapshot-config.ts";
import { takeSnapshot } from "../snapshots/take-snapshot.ts";
import { checkSandboxName } from "./check-arguments.ts";
import { endWithProcess, forget } from "./ending.ts";
import type { SandboxOptions, SnapshotOptions, StartOptions } from "./options.ts";

export interface LifecycleStartOptions extends StartOptions {
  kind: Plan["kind"];
  workspace?: Workspace | undefined;
  /** The snapshot to start from. */
  from?: SnapshotRecord | undefined;
}

/** The lifecycle of one sandbox, from its start or from attaching to it until its end. */
export class SandboxLifecycle implements IdleOwner {
  readonly report: Progress;
  /** Sandbox paths of files that the user has uploaded. */
  readonly uploaded = new Set<string>();
  readonly uploads = new Map<string, string>();
  #config: SandboxConfig;
  readonly #isolation: IsolationChoice;
  #instance: SandboxInstance | undefined;
  #account: RunAccount | undefined;
  #following: Disposable | undefined;
  #starting: { abort: AbortController; settled: Promise<unknown> } | undefined;
  #isOwner = true;
  #idle: IdleSandbox | undefined;
  #startOptions: Omit<LifecycleStartOptions, "signal"> | undefined;
  #firstId: string | undefined;
  /** Total running time of earlier instances. */
  #pastMs = 0;
  #begunAt = 0;
  readonly #endingForNow = new Set<SandboxInstance>();
  readonly #ended = Promise.withResolvers<EnvironmentError>();
  #instanceChanged = Promise.withResolvers<void>();
  #secrets: Readonly<Record<string, string>> = {};
  #mask: Mask = (text) => text;

  constructor(config: SandboxConfig, { onProgress, isolation = "auto" }: SandboxOptions) {
    this.#config = config;
    this.#isolation = isolation;
    this.report = (message) => {
      const masked = this.#mask(message);
      this.#idle?.life.addLine(masked);
      onProgress?.(masked);
    };
  }

  /** @throws EnvironmentError `environment/not-started` */
  get instance(): SandboxInstance {
    if (this.#instance !== undefined) return this.#instance;
    throw new EnvironmentError("environment/not-started", "The sandbox has not been started", {
      hint: "Call `await sandbox.start()` first.",
    });
  }

  /** Resolves with the reason when the sandbox has ended. Being stopped while idle is not an end. */
  get ended(): Promise<EnvironmentError> {
    return this.#ended.promise;
  }

  /** Yields the current instance, and then each later one, until the sandbox has ended. */
  async *instances(signal: AbortSignal | undefined): AsyncGenerator<SandboxInstance, void> {
    for (;;) {
      const next = Promise.race([this.#instanceChanged.promise, this.#ended.promise]);
      yield this.instance;
      if ((await raceSignal(next, signal)) !== undefined) return;
    }
  }

  /** First instance's ID; also finds its replacements. */
  get sandboxId(): string {
    return this.#firstId ?? this.instance.state.id;
  }

  /** Idle controller; undefined when idling is off. */
  get idle(): IdleSandbox | undefined {
    return this.#idle;
  }

  get mask(): Mask {
    return this.#mask;
  }

  get secretValues(): readonly string[] {
    return Object.values(this.#secrets);
  }

  async start({ signal, ...options }: LifecycleStartOptions): Promise<void> {
    if (this.#starting !== undefined || this.#instance !== undefined) {
      throw new EnvironmentError("environment/already-started", "The sandbox has already been started", {
        hint: "Create a new `Sandbox` to start another one.",
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
      // Downloading weights for it may have incurred costs.
      this.#account?.close("terminated");
      throw error;
    } finally {
      this.#starting = undefined;
    }
    const { idle } = this.#config;
    if (idle === undefined) return;
    this.#firstId = this.instance.state.id;
    this.#idle = new IdleSandbox({ idle, config: configToKeep(this.#config), owner: this });
  }

  async attach(idOrName: string): Promise<void> {
    this.#isOwner = false;
    this.#instance = await attachInstance(await currentIdOf(idOrName));
    void this.#instance.ended.then((reason) => this.#ended.resolve(endedError(this.instance, reason)));
    this.#following = followInstance(this.#instance);
    const { state } = this.#instance;
    this.#config = (await keptConfig(state.id)) ?? configOfState(state);
    this.#useSecrets(await knownSecrets(state.secrets));
  }

  /** Runs an operation on the instance, and starts it first if it is stopped. Adds the reason if the sandbox has ended. */
  async guard<T>(
    work: (instance: SandboxInstance) => Promise<T>,
    signal?: AbortSignal | undefined,
  ): Promise<T> {
    const end = await this.#idle?.life.enter(signal);
    const { instance } = this;
    try {
      return await work(instance);
    } catch (error) {
      if (!(error instanceof EnvironmentError && error.code === "environment/ended")) throw error;
      throw endedError(instance, await withTimeout(instance.ended, endReasonMs, "lost" as const), error);
    } finally {
      end?.();
    }
  }

  async snapshot(description: string, { signal }: SnapshotOptions = {}): Promise<Snapshot> {
    const config = configToKeep(this.#config);
    const kept = await this.#idle?.promote(description);
    if (kept !== undefined) return kept;
    const { report } = this;
    const taken = await this.guard(
      (instance) => takeSnapshot(instance, { description, config, report, signal }),
      signal,
    );
    this.#idle?.noteSnapshot();
    return taken;
  }

  async terminate(): Promise<void> {
    const ended = new EnvironmentError("environment/ended", "The sandbox was terminated during its start");
    this.#starting?.abort.abort(ended);
    await this.#starting?.settled.catch(() => {});
    if (this.#instance !== undefined) await this.#idle?.close(endedError(this.#instance, "terminated"));
    await this.#instance?.terminate();
    await this.#idle?.forget();
    this.#account?.close("terminated");
    if (this.#instance === undefined) return;
    forget(this.#instance);
    await forgetConfig(this.#instance.state.id);
  }

  /** Terminates a sandbox that this process has started; detaches from one that it has attached to. */
  async dispose(): Promise<void> {
    if (this.#isOwner) await this.terminate();
    else {
      this.#following?.[Symbol.dispose]();
      this.#instance?.release();
    }
  }

  async startAgain({
    from,
    signal,
  }: {
    from: SnapshotRecord | undefined;
    signal: AbortSignal;
  }): Promise<SandboxInstance> {
    if (this.#startOptions === undefined) throw new TypeError("The sandbox has not been started");
    const { timeoutMs } = this.#config;
    if (timeoutMs !== undefined && timeoutMs - this.#pastMs < 1000)
      throw endedError(this.instance, "timeout");
    // A sandbox that was started from a snapshot starts from it again, unless there is a later one.
    const options = { ...this.#startOptions, name: this.instance.state.name };
    return await this.#start({ ...options, from: from ?? options.from }, signal);
  }

  use(instance: SandboxInstance): void {
    this.#instance = instance;
    this.#begunAt = performance.now();
    this.#instanceChanged.resolve();
    this.#instanceChanged = Promise.withResolvers();
    void instance.ended.then(async (reason) => {
      if (instance !== this.#instance || this.#endingForNow.has(instance)) return;
      this.#ended.resolve(endedError(instance, reason));
      await this.#idle?.close(endedError(instance, reason));
      await this.#idle?.forget();
    });
  }

  async endForNow(instance: SandboxInstance): Promise<void> {
    this.#endingForNow.add(instance);
    if (instance === this.#instance) this.#pastMs += performance.now() - this.#begunAt;
    const { id } = instance.state;
    try {
      await instance.terminate();
    } catch (error) {
      // Without a lease, the instance ends by itself.
      instance.release();
      this.report(`${instance.state.name} did not end at once: ${(error as Error).message}`);
    }
    this.#account?.instanceEnded(id, "idle");
    forget(instance);
    await forgetConfig(id);
  }

  /** The configuration with the remaining lifetime, excluding stopped time. */
  get #configNow(): SandboxConfig {
    const { timeoutMs, ...config } = this.#config;
    return timeoutMs === undefined
      ? config
      : { ...config, timeoutMs: Math.max(0, Math.floor(timeoutMs - this.#pastMs)) };
  }

  async #start(
    { kind, name, workspace, from }: LifecycleStartOptions,
    signal: AbortSignal,
  ): Promise<SandboxInstance> {
    const whole = buildPlan(this.#configNow, { kind, workspace });
    const plan = from === undefined ? whole : remainingPlan(whole);
    const services = servicesOf(plan);
    await checkSources(plan);
    const backend = await selectBackend(plan.backend);
    const secrets = await resolveSecrets(this.#config.secrets);
    this.#useSecrets(secrets);
    const account = await this.#openAccount(plan, name);
    for (const step of whole.steps) if (step.kind === "file") this.uploaded.add(step.to);
    signal.throwIfAborted();
    const started = await backend.start(plan, {
      name,
      secrets,
      workspace,
      from,
      signal,
      isolation: this.#isolation,
      meter: account,
      onInstance: (created) => {
        const onEnd = (reason: EndReason) =>
          account.instanceEnded(created.state.id, this.#endingForNow.has(created) ? "idle" : reason);
        endWithProcess(created, onEnd);
      },
      onPending: (pending) => endWithProcess(pending, () => {}),
      onProgress: this.report,
      onStep: (step) => this.#idle?.life.beginStep(step),
    });
    const { instance, codeServer } = started;
    try {
      this.#idle?.life.beginStep("starting services");
      const options = { onProgress: this.report, signal, codeServer };
      const records = await startServices(instance, services, options);
      signal.throwIfAborted();
      await started.complete(records);
    } catch (error) {
      await instance.terminate().catch(() => {});
      throw explainFullDisk(error, backend.disk);
    }
    await keepConfig(instance.state.id, this.#config).catch(() => {});
    void instance.ended.then(() => forgetConfig(instance.state.id)).catch(() => {});
    return instance;
  }

  /** Opens the account for all instances of this sandbox. Fails early if the budget is too small. */
  async #openAccount(plan: Plan, name: string | undefined): Promise<RunAccount> {
    const { timeoutMs, budgetUsd } = this.#config;
    const { backend } = plan;
    this.#account ??= await RunAccount.open({ backend, name, timeoutMs, budgetUsd, onProgress: this.report });
    this.#account.affordableMs(resourcesOf(plan));
    const warning = await fitWarning(plan);
    if (warning !== undefined) this.report(warning);
    return this.#account;
  }

  #useSecrets(secrets: Readonly<Record<string, string>>): void {
    this.#secrets = secrets;
    this.#mask = maskFor(secrets);
  }
}

function endedError(instance: SandboxInstance, reason: EndReason, cause?: unknown): EnvironmentError {
  const message = `The sandbox ${instance.state.name} has ended: ${reasons[reason]}`;
  return new EndedError(message, { cause });
}

// Wait this long for the end reason.
const endReasonMs = 5000;

const reasons: Readonly<Record<EndReason, string>> = {
  terminated: "it was terminated",
  timeout: "it reached its time limit, `timeoutMs`",
  budget: "it spent its budget, `budgetUsd`",
  idle: "it was idle",
  "owner-gone": "every process that used it had ended",
  lost: "its init process was killed, perhaps because the machine ran out of memory",
};
