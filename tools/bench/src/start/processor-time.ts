import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { pythonDirectory } from "../processes/python-process.ts";

const run = promisify(execFile);

/** The processor time in milliseconds that this process and all below it have taken so far, ended ones too. */
export async function processorTime(python: string): Promise<number> {
  const { stdout } = await run(python, [join(pythonDirectory, "processor_time.py"), `${process.pid}`]);
  return Number(stdout) * 1000;
}
