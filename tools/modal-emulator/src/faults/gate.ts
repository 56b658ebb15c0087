import { Condition } from "../condition.ts";

/** A fault that delays calls until it is released. */
export interface Hold {
  /** How many calls or sandboxes wait. */
  readonly waiting: number;
  release(): void;
}

interface Entry extends Hold {
  waiting: number;
  matches: (subject: string) => boolean;
}

/** Delays matching calls. */
export class Gate {
  readonly #holds = new Set<Entry>();
  readonly #changed = new Condition();

  hold(matches: (subject: string) => boolean): Hold {
    const entry: Entry = {
      waiting: 0,
      matches,
      release: () => {
        this.#holds.delete(entry);
        this.#changed.notify();
      },
    };
    this.#holds.add(entry);
    return entry;
  }

  /** Returns when no fault delays a subject, or when the signal aborts. */
  async pass(subject: string, signal: AbortSignal): Promise<void> {
    for (let hold = this.#find(subject); hold !== undefined && !signal.aborted; hold = this.#find(subject)) {
      hold.waiting++;
      await this.#changed.wait({ signal });
      hold.waiting--;
    }
  }

  clear(): void {
    for (const hold of [...this.#holds]) hold.release();
  }

  #find(subject: string): Entry | undefined {
    return [...this.#holds].find((hold) => hold.matches(subject));
  }
}
