import type { IdleConfig, Progress } from "@seer/config";
import { timeText } from "../ledger/amounts.ts";
import { orAborted } from "../or-aborted.ts";
import { Activity } from "./activity.ts";
import { idleClock } from "./idle-clock.ts";

/** What is done to a sandbox that is idle or wanted again. */
export interface IdleActions<Kept> {
  /** Whether something goes on in it that nobody here has been told of. */
  isBusy(): Promise<boolean>;
  /** Keeps what the next start needs, while what runs goes on. */
  keep(signal: AbortSignal): Promise<Kept>;
  /** The sandbox is not stopped after all. */
  discard(kept: Kept): Promise<void>;
  stop(kept: Kept): Promise<void>;
  /** Starts it again; when that fails, nothing of it is left running. */
  wake(signal: AbortSignal): Promise<void>;
}

type State =
  | { readonly kind: "awake" }
  /** About to be stopped, and still there for whoever comes. */
  | { readonly kind: "keeping"; readonly abort: AbortController }
  | { readonly kind: "stopping"; readonly done: Promise<void> }
  | { readonly kind: "stopped"; readonly failure?: unknown }
  | { readonly kind: "waking"; readonly abort: AbortController; readonly done: Promise<void> }
  | { readonly kind: "closed"; readonly reason: Error };

const awake: State = { kind: "awake" };
const keptLines = 200;

/** Stops a sandbox that nobody has used for a while, and starts it for whoever uses it next. */
export class IdleLife<Kept = unknown> {
  readonly #config: IdleConfig;
  readonly #actions: IdleActions<Kept>;
  readonly #report: Progress;
  readonly #activity = new Activity(() => this.#arm());
  #state: State = awake;
  #callOff: () => void = () => {};
  #isAsking = false;
  #stop: Promise<void> = Promise.resolve();
  #lines: string[] = [];
  #attempt = 0;
  #stoppedAt = 0;
  /** Told what is reported while the sandbox starts again. */
  readonly listeners = new Set<Progress>();

  constructor(config: IdleConfig, actions: IdleActions<Kept>, report: Progress) {
    this.#config = config;
    this.#actions = actions;
    this.#report = report;
    this.#arm();
  }

  get state(): "awake" | "stopped" | "loading" {
    const { kind } = this.#state;
    if (kind === "awake" || kind === "keeping") return "awake";
    return kind === "waking" ? "loading" : "stopped";
  }

  /** What was reported of the latest start. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Counts the starts, so that one that asks again can be told of the one that it waited for. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Why the latest start failed, when it did. */
  get failure(): unknown {
    return this.#state.kind === "stopped" ? this.#state.failure : undefined;
  }

  /** For how long it has been stopped. */
  get stoppedForMs(): number {
    return idleClock.now() - this.#stoppedAt;
  }

  /**
   * Something begins in the sandbox, which is started for it when it is stopped. It ends when what this gives is
   * called.
   */
  async enter(signal?: AbortSignal | undefined): Promise<() => void> {
    // Counted from its coming, so that a sandbox that it waits for is not stopped before it gets there.
    const end = this.#activity.begin();
    try {
      await this.#untilAwake(signal);
      return end;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** The same for a sandbox that is there; undefined when it is not. */
  enterNow(): (() => void) | undefined {
    if (this.state !== "awake") return undefined;
    const end = this.#activity.begin();
    this.#stay();
    return end;
  }

  /** Waits for a start that is under way, however it goes; it starts nothing. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#state.kind !== "waking") return;
    await orAborted(
      this.#state.done.catch(() => {}),
      signal,
    );
  }

  /** Something has happened in the sandbox. */
  touch(): void {
    this.#activity.touch();
  }

  /** Takes note of what was reported. */
  heard(line: string): void {
    if (this.#state.kind !== "waking") return;
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    for (const listener of this.listeners) listener(line);
  }

  /** Ends the watch, and returns when nothing is being stopped or started any more. */
  async close(reason: Error): Promise<void> {
    const before = this.#state;
    if (before.kind !== "closed") this.#state = { kind: "closed", reason };
    this.#callOff();
    if (before.kind === "keeping" || before.kind === "waking") before.abort.abort(reason);
    if (before.kind === "waking") await before.done.catch(() => {});
    await this.#stop;
  }

  async #untilAwake(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      signal?.throwIfAborted();
      const state = this.#state;
      if (state.kind === "awake") return;
      if (state.kind === "closed") throw state.reason;
      if (state.kind === "keeping") return this.#stay();
      await orAborted(state.kind === "stopped" ? this.#wake() : state.done, signal);
    }
  }

  #stay(): void {
    if (this.#state.kind !== "keeping") return;
    const { abort } = this.#state;
    this.#state = awake;
    abort.abort(new Error("The sandbox is used again"));
  }

  #arm(): void {
    this.#callOff();
    if (this.#state.kind !== "awake" || this.#activity.isBusy) return;
    const left = Math.max(0, this.#config.afterMs - this.#activity.idleMs);
    this.#callOff = idleClock.after(left, () => {
      this.#stop = this.#stopIfIdle().catch((error: unknown) => {
        this.#report(`It could not be stopped: ${(error as Error).message}`);
      });
    });
  }

  get #isDue(): boolean {
    return (
      this.#state.kind === "awake" && !this.#activity.isBusy && this.#activity.idleMs >= this.#config.afterMs
    );
  }

  async #stopIfIdle(): Promise<void> {
    if (this.#isAsking) return;
    if (!this.#isDue) return this.#arm();
    this.#isAsking = true;
    const isBusy = await this.#actions.isBusy().finally(() => {
      this.#isAsking = false;
    });
    if (isBusy) return this.touch();
    // Between this line and the change of the state nobody can come.
    if (!this.#isDue) return this.#arm();
    const { afterMs, action } = this.#config;
    const what = action === "snapshot" ? "snapshot and stop" : "stop";
    this.#report(`Idle for ${timeText(afterMs)}: ${what}`);
    await this.#keepAndStop();
  }

  async #keepAndStop(): Promise<void> {
    const abort = new AbortController();
    const keeping: State = { kind: "keeping", abort };
    this.#state = keeping;
    let kept: Kept;
    try {
      kept = await this.#actions.keep(abort.signal);
    } catch (error) {
      if (this.#state !== keeping) return;
      this.#state = awake;
      this.#report(`It is not stopped, for it could not be kept: ${(error as Error).message}`);
      return this.touch();
    }
    if (this.#state !== keeping) return await this.#actions.discard(kept);
    const done = this.#actions.stop(kept).then(() => {
      if (this.#state.kind === "stopping") this.#state = { kind: "stopped" };
    });
    this.#stoppedAt = idleClock.now();
    this.#state = { kind: "stopping", done };
    await done;
  }

  #wake(): Promise<void> {
    const abort = new AbortController();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    // What it reports is heard from its first line on.
    const waking: State = { kind: "waking", abort, done };
    this.#state = waking;
    this.#attempt++;
    this.#lines = [];
    this.#report("A call came: starting again");
    const woken = this.#actions.wake(abort.signal).then(
      () => {
        if (this.#state === waking) this.#state = awake;
        this.touch();
      },
      (failure: unknown) => {
        this.#report(`It could not be started again: ${(failure as Error).message}`);
        if (this.#state === waking) this.#state = { kind: "stopped", failure };
        throw failure;
      },
    );
    resolve(woken);
    done.catch(() => {});
    return done;
  }
}
