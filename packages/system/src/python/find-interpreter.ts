import { readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { environmentVariables, runProgram } from "@seer/config";
import { RpcError } from "@seer/rpc";
import { findPython, type PythonInterpreter } from "@seer/rpc/launch";
import { SystemError } from "../errors.ts";

/**
 * Finds the interpreter for a sandbox: one of the given version, or the first usable one.
 *
 * @throws SystemError `environment/python-not-found`
 */
export async function findInterpreter(
  version: string | undefined,
  signal?: AbortSignal | undefined,
): Promise<PythonInterpreter> {
  if (version === undefined) {
    const found = await tryFind(undefined, signal);
    if (!(found instanceof Error)) return found;
    throw new SystemError("environment/python-not-found", found.message, {
      hint: found.hint,
      cause: found,
    });
  }
  const seen = new Set<string>();
  for (const candidate of await candidates(version)) {
    const found = await tryFind(candidate, signal);
    if (found instanceof Error) continue;
    if (matches(found, version)) return found;
    seen.add(found.version.join("."));
  }
  throw new SystemError(
    "environment/python-not-found",
    `Python ${version} is not installed${seen.size === 0 ? "" : ` (found ${[...seen].join(", ")})`}`,
    {
      hint: `Install it, for example with \`uv python install ${version}\`, or remove \`pythonVersion\` to use the default interpreter.`,
    },
  );
}

async function tryFind(python: string | undefined, signal: AbortSignal | undefined) {
  try {
    return await findPython({ python, signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (RpcError.isInstance(error)) return error;
    throw error;
  }
}

function matches({ version }: PythonInterpreter, wanted: string): boolean {
  return wanted.split(".").every((part, index) => Number(part) === version[index]);
}

async function candidates(version: string): Promise<string[]> {
  const minor = version.split(".").slice(0, 2).join(".");
  const chosen = process.env[environmentVariables.python];
  return [
    ...(chosen ? [chosen] : []),
    "python3",
    `python${minor}`,
    ...(await fromPyenv(minor)),
    ...(await fromUv(version)),
  ];
}

/** pyenv's shim on the PATH runs only the selected version; the others are found in its `versions` folder. */
async function fromPyenv(minor: string): Promise<string[]> {
  const folder = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions");
  const versions = await readdir(folder).catch(() => []);
  return versions
    .filter((name) => name.startsWith(`${minor}.`))
    .toSorted()
    .reverse()
    .map((name) => join(folder, name, "bin", "python3"));
}

async function fromUv(version: string): Promise<string[]> {
  try {
    const { stdout } = await runProgram("uv", ["python", "find", "--no-project", version], {
      timeoutMs: 20_000,
    });
    return [stdout.trim()];
  } catch {
    return [];
  }
}
