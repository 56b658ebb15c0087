import { idleClock } from "./idle-clock.ts";

/** What goes on in a sandbox, or when something last did. */
export class Activity {
  #going = 0;
  #lastAt = idleClock.now();
  readonly #onChange: () => void;

  /** @param onChange Told whenever something begins, happens or ends. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Whether something goes on. */
  get isBusy(): boolean {
    return this.#going > 0;
  }

  /** For how long nothing has gone on. */
  get idleMs(): number {
    return this.isBusy ? 0 : idleClock.now() - this.#lastAt;
  }

  /** Something goes on until what this gives is called. */
  begin(): () => void {
    this.#going++;
    this.touch();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#going--;
      this.touch();
    };
  }

  /** Something has just happened. */
  touch(): void {
    this.#lastAt = idleClock.now();
    this.#onChange();
  }
}
