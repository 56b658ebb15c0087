import type { IdleConfig, Progress } from "@seer/config";
import { formatDuration, raceSignal } from "@seer/config";
import type { HostLifecycle, StartProgress } from "@seer/rpc/gateway";
import { Activity } from "./activity.ts";
import { idleClock } from "./idle-clock.ts";
import { StartAgainError } from "./start-again-error.ts";

/** Operations on an idle sandbox. */
export interface IdleActions<Saved> {
  /** Whether the sandbox is in use in ways that `IdleLife` does not track itself. */
  isBusy(): Promise<boolean>;
  /** Saves what the next start needs, while processes continue. */
  save(signal: AbortSignal): Promise<Saved>;
  /** Discards the saved state, because the sandbox is in use again. */
  discard(saved: Saved): Promise<void>;
  stop(saved: Saved): Promise<void>;
  /** Starts the sandbox again. If that fails, nothing is left running. */
  wake(signal: AbortSignal): Promise<void>;
}

type State =
  | { readonly kind: "awake" }
  /** Saving before a stop. The sandbox is still usable. */
  | { readonly kind: "saving"; readonly abort: AbortController }
  | { readonly kind: "stopping"; readonly done: Promise<void> }
  | { readonly kind: "stopped"; readonly failure?: StartAgainError }
  | { readonly kind: "waking"; readonly abort: AbortController; readonly done: Promise<void> }
  | { readonly kind: "closed"; readonly reason: Error };

const awake: State = { kind: "awake" };
const maxLines = 200;

/** Stops a sandbox when it is idle, and starts it again at its next use. */
export class IdleLife<Saved = unknown> implements HostLifecycle {
  readonly #config: IdleConfig;
  readonly #actions: IdleActions<Saved>;
  readonly #report: Progress;
  readonly #activity = new Activity(() => this.#schedule());
  #state: State = awake;
  #cancelTimer: () => void = () => {};
  #isChecking = false;
  #stop: Promise<void> = Promise.resolve();
  #lines: StartProgress[] = [];
  #step: string | undefined;
  #attempt = 0;
  #stoppedAt = 0;
  /** Called for each line that is reported during a restart. */
  readonly listeners = new Set<(line: StartProgress) => void>();

  constructor(config: IdleConfig, actions: IdleActions<Saved>, report: Progress) {
    this.#config = config;
    this.#actions = actions;
    this.#report = report;
    this.#schedule();
  }

  get state(): "awake" | "stopped" | "loading" {
    const { kind } = this.#state;
    if (kind === "awake" || kind === "saving") return "awake";
    return kind === "waking" ? "loading" : "stopped";
  }

  /** Lines reported during the latest restart. */
  get lines(): readonly StartProgress[] {
    return this.#lines;
  }

  /** Number of restarts. Lets a repeated request learn about the restart that it waited for. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Why the latest restart failed; undefined if it succeeded. */
  get failure(): StartAgainError | undefined {
    return this.#state.kind === "stopped" ? this.#state.failure : undefined;
  }

  /** How long it has been stopped. */
  get stoppedForMs(): number {
    return idleClock.now() - this.#stoppedAt;
  }

  /**
   * Starts an activity in the sandbox, and starts the sandbox first if it is stopped. Call the result to end the
   * activity.
   */
  async enter(signal?: AbortSignal | undefined): Promise<() => void> {
    // Counted from now on, so that the sandbox is not stopped again while this waits for it.
    const end = this.#activity.begin();
    try {
      await this.#untilAwake(signal);
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Starts an activity only if the sandbox is running; otherwise returns undefined. */
  enterNow(): (() => void) | undefined {
    if (this.state !== "awake") return undefined;
    const end = this.#activity.begin();
    this.#cancelSave();
    return end;
  }

  /** Waits until a restart in progress has succeeded or failed. Does not start one. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#state.kind !== "waking") return;
    await raceSignal(
      this.#state.done.catch(() => {}),
      signal,
    );
  }

  /** Records a momentary activity in the sandbox. */
  touch(): void {
    this.#activity.touch();
  }

  /** Adds a line of progress for administrators; it may name files and models. */
  addLine(text: string): void {
    this.#notify({ text, audience: "admins" });
  }

  /** Sets the current step of a restart. All callers may see its description. */
  beginStep(step: string): void {
    this.#step = step;
    this.#notify({ text: step, audience: "everyone" });
  }

  #notify(line: StartProgress): void {
    if (this.#state.kind !== "waking") return;
    this.#lines.push(line);
    if (this.#lines.length > maxLines) this.#lines.shift();
    for (const listener of this.listeners) listener(line);
  }

  /** Stops tracking, and waits for stops and restarts in progress. */
  async close(reason: Error): Promise<void> {
    const before = this.#state;
    if (before.kind !== "closed") this.#state = { kind: "closed", reason };
    this.#cancelTimer();
    if (before.kind === "saving" || before.kind === "waking") before.abort.abort(reason);
    if (before.kind === "waking") await before.done.catch(() => {});
    await this.#stop;
  }

  async #untilAwake(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const state = this.#state;
      if (state.kind === "awake") return;
      if (state.kind === "closed") throw state.reason;
      if (state.kind === "saving") return this.#cancelSave();
      await raceSignal(state.kind === "stopped" ? this.#wake() : state.done, signal);
    }
  }

  #cancelSave(): void {
    if (this.#state.kind !== "saving") return;
    const { abort } = this.#state;
    this.#state = awake;
    abort.abort(new Error("The sandbox is in use again"));
  }

  #schedule(): void {
    this.#cancelTimer();
    if (this.#state.kind !== "awake" || this.#activity.isBusy) return;
    const left = Math.max(0, this.#config.afterMs - this.#activity.idleMs);
    this.#cancelTimer = idleClock.after(left, () => {
      // The check in progress sets the next timer when it ends.
      if (this.#isChecking) return;
      this.#stop = this.#stopIfIdle().catch((error: unknown) => {
        this.#report(`The idle sandbox could not be stopped: ${(error as Error).message}`);
      });
    });
  }

  get #isDue(): boolean {
    return (
      this.#state.kind === "awake" && !this.#activity.isBusy && this.#activity.idleMs >= this.#config.afterMs
    );
  }

  async #stopIfIdle(): Promise<void> {
    if (!this.#isDue) return this.#schedule();
    this.#isChecking = true;
    const isBusy = await this.#actions.isBusy().finally(() => {
      this.#isChecking = false;
    });
    if (isBusy) return this.touch();
    // Synchronous from here to the change of state, so that no activity can start in between.
    if (!this.#isDue) return this.#schedule();
    const { afterMs, action } = this.#config;
    const actionText = action === "snapshot" ? "snapshot and stop" : "stop";
    this.#report(`Idle for ${formatDuration(afterMs)}: ${actionText}`);
    await this.#saveAndStop();
  }

  async #saveAndStop(): Promise<void> {
    const abort = new AbortController();
    const saving: State = { kind: "saving", abort };
    this.#state = saving;
    let saved: Saved;
    try {
      saved = await this.#actions.save(abort.signal);
    } catch (error) {
      if (this.#state !== saving) return;
      this.#state = awake;
      this.#report(
        `The sandbox is not stopped, because its state could not be saved: ${(error as Error).message}`,
      );
      return this.touch();
    }
    if (this.#state !== saving) return await this.#actions.discard(saved);
    const done = this.#actions.stop(saved).then(() => {
      if (this.#state.kind === "stopping") this.#state = { kind: "stopped" };
    });
    this.#stoppedAt = idleClock.now();
    this.#state = { kind: "stopping", done };
    await done;
  }

  #wake(): Promise<void> {
    const abort = new AbortController();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    // The state is set before the restart begins, so that no line of progress is missed.
    const waking: State = { kind: "waking", abort, done };
    this.#state = waking;
    this.#attempt++;
    this.#lines = [];
    this.#step = undefined;
    this.#report("Starting again for a call");
    const woken = this.#actions.wake(abort.signal).then(
      () => {
        if (this.#state === waking) this.#state = awake;
        this.touch();
      },
      (cause: unknown) => {
        const failure = new StartAgainError(this.#step, cause);
        this.#report(`The sandbox could not be started again: ${(cause as Error).message}`);
        if (this.#state === waking) this.#state = { kind: "stopped", failure };
        throw failure;
      },
    );
    resolve(woken);
    done.catch(() => {});
    return done;
  }
}
