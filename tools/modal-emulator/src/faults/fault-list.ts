/** An injected fault. */
export interface Fault {
  /** How often it has occurred. */
  readonly hits: number;
  /** Removes the fault. */
  remove(): void;
}

interface Entry<Effect> extends Fault {
  hits: number;
  left: number;
  matches: (subject: string) => boolean;
  effect: Effect;
}

/** Faults of one kind, each with the subjects that it affects and how often. */
export class FaultList<Effect> {
  readonly #entries = new Set<Entry<Effect>>();

  add(subject: string | RegExp, times: number, effect: Effect): Fault {
    const entry: Entry<Effect> = {
      hits: 0,
      left: times,
      matches: (candidate) => (typeof subject === "string" ? subject === candidate : subject.test(candidate)),
      effect,
      remove: () => {
        this.#entries.delete(entry);
      },
    };
    this.#entries.add(entry);
    return entry;
  }

  /** The effect of the first fault for a subject; counts as one occurrence. */
  take(subject: string): Effect | undefined {
    for (const entry of this.#entries) {
      if (!entry.matches(subject)) continue;
      entry.hits++;
      entry.left--;
      if (entry.left <= 0) this.#entries.delete(entry);
      return entry.effect;
    }
    return undefined;
  }

  clear(): void {
    this.#entries.clear();
  }
}
