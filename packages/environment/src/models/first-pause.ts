/** How long a download that broke off waits before its second try, in milliseconds; the pauses after that double. */
export function firstPauseMs(): number {
  // A test cannot wait as long as people may.
  return Number(process.env.SEER_RETRY_MS) || 1000;
}
