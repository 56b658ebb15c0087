// Node fires longer timers immediately.
const longestMs = 2 ** 31 - 1;

/** A delay that timers support; longer ones, such as Infinity, are shortened to the maximum. */
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
