import { delimiter } from "node:path";
import { type LineProcess, startLineProcess } from "./line-process.ts";

export const pythonDirectory = new URL("../../python", import.meta.url).pathname;

export interface PythonOptions {
  /** The interpreter. */
  python: string;
  arguments: string[];
  /** Directories to import from, besides `bench/python`. */
  path?: string[];
  env?: Record<string, string>;
}

/** A program of `bench/python`. */
export function startPython({ python, arguments: args, path = [], env = {} }: PythonOptions): LineProcess {
  return startLineProcess(python, args, { ...env, PYTHONPATH: [pythonDirectory, ...path].join(delimiter) });
}
