/** What idleness is measured with. It can be replaced, for tests that do not wait. */
export const idleClock = {
  /** Milliseconds since some moment. */
  now: (): number => performance.now(),
  /** Calls back after a time, without keeping the process alive; what it gives calls that off. */
  after(ms: number, ring: () => void): () => void {
    // A longer timer would ring at once.
    const timer = setTimeout(ring, Math.min(ms, 2 ** 31 - 1)).unref();
    return () => clearTimeout(timer);
  },
};
