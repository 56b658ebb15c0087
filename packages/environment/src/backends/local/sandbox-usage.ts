import { readdir, readFile } from "node:fs/promises";
import type { SandboxUsage } from "../../runtime/sandbox-state.ts";
import { gpuMemoryByProcess } from "./find-gpus.ts";
import type { SandboxRecord } from "./sandbox-directory.ts";

/** Returns the resource usage of running sandboxes by ID. Empty on systems without /proc. */
export async function usageOf(records: readonly SandboxRecord[]): Promise<ReadonlyMap<string, SandboxUsage>> {
  const running = records.filter(({ processes }) => processes !== undefined);
  if (running.length === 0) return new Map();
  const hasGpus = running.some(({ state }) => state.gpu !== null);
  const [table, gpuMemory] = await Promise.all([
    processTable(),
    hasGpus ? gpuMemoryByProcess() : new Map<number, number>(),
  ]);
  if (table === undefined) return new Map();
  const entries = running.map(async ({ state, processes }) => {
    const tree = treeOf(processes?.outer.pid ?? 0, table);
    const memory = await Promise.all(tree.map(({ pid }) => memoryOf(pid)));
    const usage: SandboxUsage = {
      processes: tree.length,
      cpuSeconds: sum(tree.map(({ cpuTicks }) => cpuTicks)) / ticksPerSecond,
      memoryBytes: sum(memory),
      ...(state.gpu === null ? {} : { gpuMemoryBytes: sum(tree.map(({ pid }) => gpuMemory.get(pid) ?? 0)) }),
    };
    return [state.id, usage] as const;
  });
  return new Map(await Promise.all(entries));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A process in /proc. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** CPU time of the process and of its reaped children. */
  readonly cpuTicks: number;
}

/** The kernel reports CPU time in units of 1/100 s, independent of its timer frequency. */
const ticksPerSecond = 100;

/** Lists all processes of this machine; undefined on systems without /proc. */
async function processTable(): Promise<ProcessRow[] | undefined> {
  const names = await readdir("/proc").catch(() => undefined);
  if (names === undefined) return undefined;
  const rows = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readRow));
  return rows.filter((row) => row !== undefined);
}

/** Returns a process and its descendants. */
function treeOf(root: number, table: readonly ProcessRow[]): ProcessRow[] {
  const tree = table.filter(({ pid }) => pid === root);
  // The array grows during the iteration.
  for (const { pid } of tree) tree.push(...table.filter(({ parent }) => parent === pid));
  return tree;
}

/** Memory of a process: its proportional share (PSS) if the kernel reports it, else its resident memory. */
async function memoryOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  const share = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  if (share !== undefined) return Number(share) * 1024;
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

async function readRow(name: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The fields follow the process name, which is in parentheses and may contain parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number(name), parent: Number(fields[1]), cpuTicks: ticks };
}
