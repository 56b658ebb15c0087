import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A Python interpreter of this machine, for images that ask for one. */
export interface HostPython {
  /** Major and minor version, such as "3.12". */
  version: string;
  executable: string;
  /** The installation's directory. */
  prefix: string;
}

const PROBE = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix, sys.executable, sep='\\n')";

/** The interpreter of the requested version if the machine has it, else its `python3`, else none. */
export async function findPython(
  wanted: string | undefined,
  preferred?: string,
): Promise<HostPython | undefined> {
  const exact = wanted === undefined ? [] : [`python${wanted}`];
  for (const command of [
    ...exact,
    ...(preferred === undefined ? [] : [preferred]),
    "python3",
    "/usr/bin/python3",
  ]) {
    const found = await probe(command);
    if (found !== undefined && (command !== `python${wanted}` || found.version === wanted)) return found;
  }
  return undefined;
}

async function probe(command: string): Promise<HostPython | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, ["-c", PROBE], { timeout: 10_000 });
    const [version = "", prefix = ""] = stdout.trim().split("\n");
    // A virtual environment's own python may lie anywhere; its base is complete by itself.
    return { version, prefix, executable: `${prefix}/bin/python${version}` };
  } catch {
    return undefined;
  }
}
