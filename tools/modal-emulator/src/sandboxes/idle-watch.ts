import type { EmulatedClock } from "../emulated-clock.ts";

/** Ends a sandbox that nothing used for a while: no command running, no bytes to one, no tunnel connection open. */
export class IdleWatch {
  readonly #clock: EmulatedClock;
  readonly #timeoutMs: number | undefined;
  readonly #onIdle: () => void;
  #active = 0;
  #cancel: () => void = () => {};

  constructor(clock: EmulatedClock, timeoutMs: number | undefined, onIdle: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onIdle = onIdle;
    this.touch();
  }

  /** Something began that counts as use; call the result when it is over. */
  begin(): () => void {
    this.#active++;
    this.#cancel();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#active--;
      this.touch();
    };
  }

  /** Something happened that counts as use and is over at once. */
  touch(): void {
    this.#cancel();
    if (this.#timeoutMs === undefined || this.#active > 0) return;
    this.#cancel = this.#clock.setAlarm(this.#clock.now() + this.#timeoutMs, this.#onIdle);
  }

  stop(): void {
    this.#cancel();
    this.#active = Number.POSITIVE_INFINITY;
  }
}
