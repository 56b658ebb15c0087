/** Formats a duration in its two largest units: `350 ms`, `1.2 s`, `35 s`, `12 min 3 s`, `1 h 10 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  const tenths = Math.round(milliseconds / 100);
  if (tenths < 100) return `${tenths / 10} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return join(seconds, 60, "min", 1, "s");
  const minutes = Math.floor(seconds / 60);
  return minutes < 24 * 60 ? join(minutes, 60, "h", 1, "min") : join(minutes, 24 * 60, "d", 60, "h");
}

function join(amount: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((amount % large) / small);
  return `${Math.floor(amount / large)} ${largeUnit}${rest === 0 ? "" : ` ${rest} ${smallUnit}`}`;
}
