const units = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
] as const;

/** `18.5 GB` */
export function formatBytes(bytes: number): string {
  const [unit, size] = unitOf(bytes);
  return `${inUnit(bytes, size)} ${unit}`;
}

/** `3.2 of 18.5 GB` */
export function formatBytesOf(bytes: number, total: number): string {
  const [unit, size] = unitOf(total);
  return `${inUnit(bytes, size)} of ${inUnit(total, size)} ${unit}`;
}

/** `4 min`, `35 s`, `1 h 10 min` */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`;
}

function unitOf(bytes: number): readonly [unit: string, size: number] {
  return units.find(([, size]) => bytes >= size) ?? ["bytes", 1];
}

function inUnit(bytes: number, size: number): string {
  return size === 1 ? String(bytes) : (bytes / size).toFixed(1);
}
