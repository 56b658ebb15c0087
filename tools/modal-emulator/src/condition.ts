/** Lets any number of callers wait for "something changed"; each looks for itself what. */
export class Condition {
  #waiters = new Set<() => void>();

  notify(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  /** Resolves at the next notify, at an abort, or when the time is over. */
  wait(options: { signal?: AbortSignal; timeoutMs?: number } = {}): Promise<void> {
    const { signal, timeoutMs } = options;
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = timeoutMs === undefined ? undefined : setTimeout(wake, timeoutMs);
      const waiters = this.#waiters;
      waiters.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
      function wake(): void {
        clearTimeout(timer);
        waiters.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      }
    });
  }

  /** Waits until `ready` returns something, and returns it; undefined when the time is over or the signal aborts. */
  async until<T>(
    ready: () => T | undefined,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<T | undefined> {
    const deadline = performance.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    while (true) {
      const value = ready();
      const left = deadline - performance.now();
      if (value !== undefined || left <= 0 || options.signal?.aborted) return value;
      await this.wait({
        ...(options.signal && { signal: options.signal }),
        ...(Number.isFinite(left) && { timeoutMs: left }),
      });
    }
  }
}
