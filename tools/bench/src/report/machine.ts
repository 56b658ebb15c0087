import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  system: string;
  node: string;
  python: string;
  /** Processes that wanted to run, over the last minute, before the benchmark began. */
  load: number;
}

export function describeMachine(python: string): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    python: execFileSync(python, ["-c", "import platform; print(platform.python_version())"], {
      encoding: "utf8",
    }).trim(),
    load: loadavg()[0] ?? Number.NaN,
  };
}
