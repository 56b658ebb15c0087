import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findPython } from "@seer/rpc/launch";
import { tool } from "../python-source.ts";

/**
 * The Python files beside an interface file that it imports, and those that they import, relative to its directory.
 * Python itself says which; where this machine has none, nobody can say.
 */
export async function findNeighbours(file: string, signal?: AbortSignal | undefined): Promise<string[]> {
  const python = await findPython({ signal }).catch(() => undefined);
  signal?.throwIfAborted();
  if (python === undefined) return [];
  const arguments_ = ["-I", tool("neighbours"), file];
  const { stdout } = await promisify(execFile)(python.executable, arguments_, {
    ...(signal === undefined ? {} : { signal }),
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout) as string[];
}
