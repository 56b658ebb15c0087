import { delimiter, dirname } from "node:path";
import { bubblewrapArguments, type Mount } from "./bubblewrap-arguments.ts";
import { certificateVariables } from "./certificates.ts";
import type { Isolation } from "./find-isolation.ts";
import type { PythonInterpreter } from "./find-python.ts";
import { hostSourceDirectory } from "./host-source.ts";
import { hostView } from "./host-view.ts";

/** Where a host runs, and what it sees of this machine there: the files that it was told of, and these. */
export interface HostIsolation extends Isolation {
  readOnly?: readonly Mount[] | undefined;
  writable?: readonly Mount[] | undefined;
  /** `"gpu"` lets it use this machine's GPUs. @default "none" */
  devices?: "gpu" | "none" | undefined;
}

/** The paths that a host uses, all absolute. */
export interface HostPaths {
  file: string;
  cwd: string;
  path: readonly string[];
  models: readonly { name: string; path: string }[];
  log: string | undefined;
}

export interface Command {
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd: string | undefined;
}

export interface HostCommandOptions {
  python: PythonInterpreter;
  isolation: HostIsolation;
  paths: HostPaths;
  env: Readonly<Record<string, string>>;
}

/** The command that runs a host, in bubblewrap or not. */
export async function hostCommand(options: HostCommandOptions): Promise<Command> {
  const { python, isolation, paths } = options;
  const args = [...safePath(python), "-m", "seer_host"];
  const env = environment(options);
  if (isolation.kind === "none") return { command: python.executable, args, env, cwd: paths.cwd };
  const view = bubblewrapArguments(await hostView(python, isolation, paths));
  return { command: "bwrap", args: [...view, "--", python.executable, ...args], env, cwd: undefined };
}

/** Keeps the working directory's files from standing in for the standard library's; Python 3.10 cannot. */
function safePath({ version: [major, minor] }: PythonInterpreter): string[] {
  return major === 3 && minor === 10 ? [] : ["-P"];
}

// Everything else may hold a secret, and what runs in the host may read its environment.
const inherited =
  /^(LANG|LANGUAGE|LC_\w+|TZ|TERM|USER|LOGNAME|LD_LIBRARY_PATH|(CUDA|NVIDIA|ROCR|HIP|OMP|MKL|OPENBLAS)_\w+)$/;
const certificates = new Set<string>(certificateVariables);
const inheritedOutside = /^(HOME|PATH|SHELL|TMPDIR)$/;

function environment({ python, isolation, paths, env }: HostCommandOptions): Record<string, string> {
  const isolated = isolation.kind === "bubblewrap";
  const taken = Object.entries(process.env).filter(
    ([name]) => inherited.test(name) || certificates.has(name) || (!isolated && inheritedOutside.test(name)),
  );
  const base = Object.fromEntries(taken) as Record<string, string>;
  const path = base.PATH ?? ["/usr/local/bin", "/usr/bin", "/bin"].join(delimiter);
  return {
    ...base,
    ...(isolated ? { HOME: paths.cwd } : {}),
    // As in an activated virtual environment, `python` and its tools are those of the host.
    PATH: [dirname(python.executable), path].join(delimiter),
    ...env,
    PYTHONPATH: [hostSourceDirectory(), env.PYTHONPATH ?? ""].filter((entry) => entry !== "").join(delimiter),
  };
}
