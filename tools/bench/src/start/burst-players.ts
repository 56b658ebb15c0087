import { join } from "node:path";
import type { ScopedSandbox } from "@seer/environment";
import type { PythonEnvironment } from "../processes/python-environment.ts";
import { pythonDirectory } from "../processes/python-process.ts";
import type { BurstRow } from "../rows/rows.ts";
import type { Player } from "../rows/run-row.ts";
import { processorTime } from "./processor-time.ts";

/** Processor time of one sandbox with a served interface: started one by one, which is the limit, and at once. */
export function burstPlayers({ python, directory }: PythonEnvironment): Player<BurstRow>[] {
  process.env.SEER_HOME ??= join(directory, "seer-home");
  const player = (contestant: string, count: number, atOnce: number): Player<BurstRow> => ({
    contestant,
    language: "TypeScript",
    prepare: async () => async () => [await take(python, count, atOnce)],
  });
  return [player("one after another", 10, 1), player("20 at once", 20, 20), player("100 at once", 100, 100)];
}

async function take(python: string, count: number, atOnce: number): Promise<number> {
  const { ScopedSandbox } = await import("@seer/environment");
  const sandboxes = Array.from({ length: count }, () => new ScopedSandbox({ pythonPackages: ["numpy"] }));
  try {
    const before = await processorTime(python);
    for (let first = 0; first < count; first += atOnce) {
      await Promise.all(sandboxes.slice(first, first + atOnce).map(startServing));
    }
    return ((await processorTime(python)) - before) / count;
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.terminate()));
  }
}

async function startServing(sandbox: ScopedSandbox): Promise<void> {
  await sandbox.start();
  const file = join(pythonDirectory, "start", "sum_with_numpy.py");
  await sandbox.serve(file, { exposeAs: "library", name: "bench" });
}
