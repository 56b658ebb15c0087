import { once } from "node:events";

/** Gives turns in the order in which they were asked for, one at a time. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for a turn, which ends when it is disposed of; rejects with the signal's reason when that comes first. */
  async take(signal: AbortSignal): Promise<Disposable> {
    const previous = this.#last;
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = previous.then(() => ended);
    const done = new AbortController();
    try {
      signal.throwIfAborted();
      const aborted = once(signal, "abort", { signal: done.signal }).then(() => signal.throwIfAborted());
      await Promise.race([previous, aborted]);
    } catch (error) {
      end();
      throw error;
    } finally {
      done.abort();
    }
    return { [Symbol.dispose]: end };
  }
}
