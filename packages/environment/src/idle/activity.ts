import { idleClock } from "./idle-clock.ts";

/** Tracks whether a sandbox is in use, and since when it is not. */
export class Activity {
  #running = 0;
  #lastAt = idleClock.now();
  readonly #onChange: () => void;

  /** @param onChange Called whenever an activity starts or ends, and by `touch`. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Whether an activity is running. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Time since the last activity. */
  get idleMs(): number {
    return this.isBusy ? 0 : idleClock.now() - this.#lastAt;
  }

  /** Starts an activity. Call the result to end it. */
  begin(): () => void {
    this.#running++;
    this.touch();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running--;
      this.touch();
    };
  }

  /** Records a momentary activity. */
  touch(): void {
    this.#lastAt = idleClock.now();
    this.#onChange();
  }
}
