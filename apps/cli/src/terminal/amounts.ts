/** Formats an amount of money. */
export function dollars(usd: number): string {
  return usd > 0 && usd < 0.01 ? "<$0.01" : `$${usd.toFixed(2)}`;
}

/** Formats a duration for a table, with its two largest units. */
export function shortTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}

/** Formats a size with decimal units: `17 GB`. */
export function fileSize(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1000)), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? Number(value.toFixed(1)) : Math.round(value)} ${units[power]}`;
}

/** Formats a number of GPUs for a table; `-` for none. */
export function gpus(gpu: string | null, count: number): string {
  return gpu === null ? "-" : `${count}× ${gpu}`;
}
