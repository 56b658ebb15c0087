/** Clock for idle times. Tests replace it. */
export const idleClock = {
  /** Milliseconds since an arbitrary moment. */
  now: (): number => performance.now(),
  /** Calls back after a time, without keeping the process alive. Call the result to cancel. */
  after(ms: number, callback: () => void): () => void {
    // Node fires longer timers immediately.
    const timer = setTimeout(callback, Math.min(ms, 2 ** 31 - 1)).unref();
    return () => clearTimeout(timer);
  },
};
