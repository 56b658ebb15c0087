import type { SandboxUsage } from "../../backend.ts";
import { gpuMemoryByProcess } from "../gpus/find-gpus.ts";
import type { SandboxRecord } from "../record.ts";
import { memoryOf, processTable, ticksPerSecond, treeOf } from "./process-table.ts";

/** What sandboxes use now, by their ids; those that are starting, and systems without /proc, are left out. */
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
