import type { Disturbance } from "./http/send-file.ts";

/** An injected fault. */
export interface Fault {
  /** How often it has occurred. */
  readonly hits: number;
  /** Removes the fault. */
  remove(): void;
}

interface Entry extends Fault {
  hits: number;
  left: number;
  path: RegExp;
  effect: Effect;
}

type Effect = { status: number } | Disturbance;

/** Faults that can be injected; each occurs once by default. */
export class HubFaults {
  readonly #entries = new Set<Entry>();

  /** Interrupts downloads. */
  dropDownload(options: { path?: RegExp; afterBytes?: number; times?: number } = {}): Fault {
    return this.#add(options, { dropAfterBytes: options.afterBytes ?? 0 });
  }

  /** Sends downloads slowly, until removed. */
  slowDownload(options: { path?: RegExp; bytesPerSecond: number }): Fault {
    return this.#add(
      { times: Number.POSITIVE_INFINITY, ...options },
      { bytesPerSecond: options.bytesPerSecond },
    );
  }

  /** Answers requests with a status. @default 503 */
  fail(options: { path?: RegExp; status?: number; times?: number } = {}): Fault {
    return this.#add(options, { status: options.status ?? 503 });
  }

  /** Removes all faults that have not occurred. */
  clear(): void {
    this.#entries.clear();
  }

  /** @internal */
  takeStatus(path: string): number | undefined {
    return this.#take(path, (effect) => ("status" in effect ? effect.status : undefined));
  }

  /** @internal */
  takeDisturbance(path: string): Disturbance | undefined {
    return this.#take(path, (effect) => ("status" in effect ? undefined : effect));
  }

  #add(options: { path?: RegExp; times?: number }, effect: Effect): Fault {
    const entry: Entry = {
      hits: 0,
      left: options.times ?? 1,
      path: options.path ?? /(?:)/,
      effect,
      remove: () => {
        this.#entries.delete(entry);
      },
    };
    this.#entries.add(entry);
    return entry;
  }

  #take<T>(path: string, select: (effect: Effect) => T | undefined): T | undefined {
    for (const entry of this.#entries) {
      const selected = entry.path.test(path) ? select(entry.effect) : undefined;
      if (selected === undefined) continue;
      entry.hits++;
      entry.left--;
      if (entry.left <= 0) this.#entries.delete(entry);
      return selected;
    }
    return undefined;
  }
}
