import { execFileSync } from "node:child_process";
import { pythonDirectory } from "../processes/python-process.ts";

const holdMs = 300;
const tried = 10_000_000;

/** How much a server must compute to hold the GIL for 300 ms on this machine. */
export function calibrateHold(python: string): number {
  const code = `import time; from shared import work; t = time.perf_counter(); work.hold(${tried}); print(time.perf_counter() - t)`;
  const seconds = Number(execFileSync(python, ["-c", code], { cwd: pythonDirectory, encoding: "utf8" }));
  return Math.round((tried * holdMs) / 1000 / seconds);
}
