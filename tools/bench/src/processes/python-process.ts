import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { type LineProcess, startLineProcess } from "./line-process.ts";

export const pythonDirectory = fileURLToPath(new URL("../../python", import.meta.url));

export interface PythonOptions {
  /** The interpreter. */
  python: string;
  arguments: string[];
  /** Directories to import from, besides `python`. */
  path?: string[];
  env?: Record<string, string>;
}

/** A program of `python`. */
export function startPython({ python, arguments: args, path = [], env = {} }: PythonOptions): LineProcess {
  return startLineProcess(python, args, { ...env, PYTHONPATH: [pythonDirectory, ...path].join(delimiter) });
}
