import type { Rights } from "./host-address.ts";
import type { HostLifecycle } from "./host-lifecycle.ts";
import type { Refusal } from "./refusal.ts";
import { startRefusal } from "./refusal.ts";

/**
 * Calls that were answered "loading, ask again" because a start took long. If the start fails and such a call is sent
 * again, it gets the error instead of another start; otherwise a client that retries would start the host forever.
 */
export class DeferredCalls {
  readonly #lifecycle: HostLifecycle;
  #attempt = 0;
  readonly #ids = new Set<string>();

  constructor(lifecycle: HostLifecycle) {
    this.#lifecycle = lifecycle;
  }

  add(id: string): void {
    if (this.#attempt !== this.#lifecycle.attempt) this.#ids.clear();
    this.#attempt = this.#lifecycle.attempt;
    this.#ids.add(id);
  }

  /** The error of the start that a call was deferred for, returned once. */
  failureOf(id: string, rights: Rights): Refusal | undefined {
    const { attempt, failure } = this.#lifecycle;
    if (this.#attempt !== attempt || !this.#ids.delete(id)) return undefined;
    return failure === undefined ? undefined : startRefusal(failure, rights);
  }
}
