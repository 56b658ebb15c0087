import { type PythonOptions, startPython } from "../processes/python-process.ts";
import type { Driver } from "./driver.ts";

export interface PythonTarget {
  port: number;
  certificate?: string;
  health?: string;
}

/** Calls from a Python process of their own, by the client of `python/callers/NAME.py`. */
export async function driveFromPython(
  caller: string,
  target: PythonTarget,
  options: Omit<PythonOptions, "arguments">,
): Promise<Driver> {
  const child = startPython({ ...options, arguments: ["-m", "drive", caller, JSON.stringify(target)] });
  const command = <T>(...words: unknown[]) => child.ask(words) as Promise<T>;
  return {
    check: () => command("check"),
    measure: (operation, count) => command("measure", operation, count),
    burst: (operation, callers, count) => command("burst", operation, callers, count),
    probe: (holdCount) => command("probe", holdCount),
    [Symbol.asyncDispose]: () => child.end(),
  };
}
