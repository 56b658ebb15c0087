import type { IdleLife } from "../idle-life.ts";
import type { Refusal } from "./refusal.ts";
import { wakeFailure } from "./wake-failure.ts";

/**
 * The calls that were told to ask again because the start took long. When they do, they learn how that start ended,
 * and begin no other: a client that asks until it is answered would start a sandbox that cannot start for ever.
 */
export class RefusedCalls {
  readonly #life: IdleLife;
  #attempt = 0;
  readonly #ids = new Set<string>();

  constructor(life: IdleLife) {
    this.#life = life;
  }

  add(id: string): void {
    if (this.#attempt !== this.#life.attempt) this.#ids.clear();
    this.#attempt = this.#life.attempt;
    this.#ids.add(id);
  }

  /** How the start failed that a call was to wait for, once. */
  failureOf(id: string): Refusal | undefined {
    const { attempt, failure } = this.#life;
    if (this.#attempt !== attempt || !this.#ids.delete(id)) return undefined;
    return failure === undefined ? undefined : wakeFailure(failure);
  }
}
