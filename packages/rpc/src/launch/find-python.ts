import { environmentVariables, type ProgramError, runProgram } from "@seer/config";
import { RpcError } from "../errors.ts";

/** A Python interpreter that can run a host. */
export interface PythonInterpreter {
  /** The executable; in a virtual environment, that of the environment. */
  readonly executable: string;
  readonly version: readonly [major: number, minor: number, patch: number];
  /** The directories that contain it and its packages. */
  readonly prefixes: readonly string[];
  /** What to start instead of the executable outside of the isolation, if packages may have changed the executable. */
  readonly base?: string | undefined;
}

export interface FindPythonOptions {
  /** The only interpreter to consider: a path, or a name on the PATH. */
  python?: string | undefined;
  signal?: AbortSignal | undefined;
}

const oldest = { major: 3, minor: 10 };
const newestTried = 14;
const probeTimeoutMs = 15_000;
// It must also run in Python 2, to report its version. `-S` prevents running code of a virtual environment's packages at
// start; without it, Python does not detect the virtual environment, so the script does.
const probe = `
import sys, json, os
above = os.path.dirname(os.path.dirname(os.path.abspath(sys.executable)))
own = [above] if os.path.exists(os.path.join(above, "pyvenv.cfg")) else []
print(json.dumps([sys.executable, list(sys.version_info[:3]), own + [sys.prefix, sys.exec_prefix, getattr(sys, 'base_prefix', sys.prefix)]]))
`;

const found = new Map<string, Promise<PythonInterpreter | string>>();

/**
 * Finds a Python that can run a host: the requested one, else `SEER_PYTHON`, else the first on the PATH that is 3.10
 * or newer.
 *
 * @throws RpcError `rpc/no-python`, with every interpreter that was found and its problem; `rpc/cancelled`
 */
export async function findPython({ python, signal }: FindPythonOptions = {}): Promise<PythonInterpreter> {
  throwIfCancelled(signal);
  const chosen = python ?? (process.env[environmentVariables.python] || undefined);
  const rejected: string[] = [];
  for (const candidate of chosen === undefined ? candidates() : [chosen]) {
    const result = await inspectOnce(candidate);
    throwIfCancelled(signal);
    if (typeof result !== "string") return result;
    rejected.push(`${candidate}: ${result}`);
  }
  throw noPython(chosen, rejected);
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new RpcError("rpc/cancelled", "Looking for a Python was cancelled", { cause: signal.reason });
  }
}

function candidates(): string[] {
  const versions = Array.from({ length: newestTried - oldest.minor + 1 }, (_, i) => newestTried - i);
  return ["python3", ...versions.map((minor) => `python3.${minor}`), "python"];
}

function inspectOnce(candidate: string): Promise<PythonInterpreter | string> {
  const key = `${candidate}\0${process.env.PATH}`;
  const known = found.get(key) ?? inspect(candidate);
  found.set(key, known);
  // Do not cache failures, because a missing interpreter may be installed later.
  void known.then((result) => typeof result === "string" && found.delete(key));
  return known;
}

async function inspect(candidate: string): Promise<PythonInterpreter | string> {
  // Python takes this for its own path, also with `-I`.
  const { __PYVENV_LAUNCHER__: _, ...env } = process.env;
  let stdout: string;
  try {
    ({ stdout } = await runProgram(candidate, ["-I", "-S", "-c", probe], { env, timeoutMs: probeTimeoutMs }));
  } catch (error) {
    const { code, stderr, message } = error as ProgramError;
    return code === "ENOENT" ? "not found" : stderr.trim().split("\n").at(-1) || message;
  }
  try {
    const [executable, version, prefixes] = JSON.parse(stdout) as [
      string,
      [number, number, number],
      string[],
    ];
    const [major, minor] = version;
    if (major !== oldest.major || minor < oldest.minor) return `version ${version.join(".")}`;
    return { executable, version, prefixes: [...new Set(prefixes)] };
  } catch {
    return "not a Python interpreter";
  }
}

function noPython(chosen: string | undefined, rejected: readonly string[]): RpcError {
  const needed = `Python ${oldest.major}.${oldest.minor} or newer`;
  if (chosen !== undefined) {
    return new RpcError("rpc/no-python", `${rejected[0]}; the host needs ${needed}`, {
      hint: `Give the path of a newer interpreter as \`python\` or in ${environmentVariables.python}.`,
    });
  }
  const present = rejected.filter((line) => !line.endsWith(": not found"));
  const report = present.length === 0 ? "none was found on the PATH" : `found ${present.join("; ")}`;
  return new RpcError("rpc/no-python", `The host needs ${needed}: ${report}`, {
    hint: `Install one, or name it in ${environmentVariables.python}.`,
  });
}
