import { readdir, readFile } from "node:fs/promises";

/** What the kernel says of a process. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** Its own time, and that of its children that have ended. */
  readonly cpuTicks: number;
}

/** The kernel counts time in hundredths of a second, whatever its own clock does. */
export const ticksPerSecond = 100;

/** All processes of this machine; undefined where there is no /proc. */
export async function processTable(): Promise<ProcessRow[] | undefined> {
  const names = await readdir("/proc").catch(() => undefined);
  if (names === undefined) return undefined;
  const rows = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readRow));
  return rows.filter((row) => row !== undefined);
}

/** A process and all those below it. */
export function treeOf(root: number, table: readonly ProcessRow[]): ProcessRow[] {
  const tree = table.filter(({ pid }) => pid === root);
  // It grows while it is gone through.
  for (const { pid } of tree) tree.push(...table.filter(({ parent }) => parent === pid));
  return tree;
}

/** The memory of a process, with its share of what it has in common with others where the kernel tells that. */
export async function memoryOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const share = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  if (share !== undefined) return Number(share) * 1024;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

async function readRow(name: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The name before it is in parentheses and may hold anything, more parentheses too.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number(name), parent: Number(fields[1]), cpuTicks: ticks };
}
