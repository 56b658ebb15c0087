import { raceSignal } from "./race-signal.ts";

/** A fair mutual-exclusion lock for asynchronous code. */
export class Mutex {
  #last: Promise<void> = Promise.resolve();

  /** Waits for the lock; dispose the result to release it. Rejects if the signal aborts first. */
  async lock(signal?: AbortSignal): Promise<Disposable> {
    const previous = this.#last;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    this.#last = previous.then(() => released);
    try {
      await raceSignal(previous, signal);
    } catch (error) {
      release();
      throw error;
    }
    return { [Symbol.dispose]: release };
  }

  /** Runs `work` while holding the lock. */
  async run<T>(work: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    using _lock = await this.lock(signal);
    return await work();
  }
}
