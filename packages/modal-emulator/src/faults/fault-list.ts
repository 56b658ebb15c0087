/** A fault that waits to happen. */
export interface Fault {
  /** How often it happened. */
  readonly hits: number;
  /** Takes it back. */
  remove(): void;
}

interface Entry<Effect> extends Fault {
  hits: number;
  left: number;
  matches: (subject: string) => boolean;
  effect: Effect;
}

/** Faults of one kind, each with what it befalls and how often. */
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

  /** The effect of the first fault that befalls a subject, used up once. */
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
