// Node fires a timer that is longer than this at once.
const longestMs = 2 ** 31 - 1;

/** A delay that a timer can wait for; Infinity, too, is a very long time. */
export function timerMs(ms: number): number {
  return Math.min(Math.max(0, ms), longestMs);
}

/** A signal that aborts after a time. */
export function timeoutSignal(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(timerMs(ms)));
}

/** A signal that aborts when the first of several does. */
export function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal {
  const present = signals.filter((signal) => signal !== undefined);
  return present.length === 1 ? (present[0] as AbortSignal) : AbortSignal.any(present);
}
