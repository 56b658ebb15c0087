const units = ["bytes", "kB", "MB", "GB", "TB"];

/** Formats a size in decimal units with at most three digits: `512 bytes`, `3.4 GB`, `120 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 100 ? Number(value.toFixed(1)) : Math.round(value)} ${units[unit]}`;
}
