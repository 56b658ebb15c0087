import { delimiter, dirname } from "node:path";
import { bubblewrapArguments, type Mount } from "./bubblewrap-arguments.ts";
import { certificateVariables } from "./certificates.ts";
import { type Isolation, systemCallFilter } from "./find-isolation.ts";
import type { PythonInterpreter } from "./find-python.ts";
import { hostBubblewrapOptions } from "./host-bubblewrap-options.ts";
import { hostArguments, hostSourceDirectory } from "./host-source.ts";
import type { NetworkAccess } from "./network/network-access.ts";

/** The isolation of a host, and the files that it can see in addition to those in its options. */
export interface HostIsolation extends Isolation {
  readOnly?: readonly Mount[] | undefined;
  writable?: readonly Mount[] | undefined;
  /** `"gpu"` lets it use this machine's GPUs. @default "none" */
  devices?: "gpu" | "none" | undefined;
  /**
   * Where the host may connect to from its own network. @default the internet; this machine's network if `lacks`
   * contains `network`
   */
  network?: NetworkAccess | undefined;
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
  /** Descriptors 3, 4 and so on: data to read, a descriptor of this process, or a pipe. */
  descriptors?: readonly (Uint8Array | number | "pipe")[] | undefined;
  /** The pipe on whose input bubblewrap waits before it runs the command. */
  gate?: number | undefined;
}

export interface HostCommandOptions {
  python: PythonInterpreter;
  isolation: HostIsolation;
  paths: HostPaths;
  env: Readonly<Record<string, string>>;
  /** The size of each temporary directory in memory. */
  temporaryMiB?: number | undefined;
  /** The descriptor to which bubblewrap writes the PID of the process that it starts. */
  childPid?: number | undefined;
  /** The listening socket of a host with its own network. */
  listener?: number | undefined;
}

/** The descriptor of the listening socket in a host with its own network. */
export const listenerDescriptor = 3;

/** The command that runs a host, in bubblewrap or not. */
export async function hostCommand(options: HostCommandOptions): Promise<Command> {
  const { python, isolation, paths, listener, childPid } = options;
  const args = hostArguments(hostSourceDirectory());
  const env = environment(options);
  if (isolation.kind === "none") return { command: python.executable, args, env, cwd: paths.cwd };
  const filter = systemCallFilter(isolation);
  const descriptors: (Uint8Array | number | "pipe")[] = [
    ...(listener === undefined ? [] : [listener]),
    ...(childPid === undefined ? [] : [childPid, "pipe" as const]),
    ...(filter === undefined ? [] : [filter]),
  ];
  const info = listener === undefined ? listenerDescriptor : listenerDescriptor + 1;
  const gate = childPid === undefined ? undefined : info + 1;
  const view = [
    ...(gate === undefined ? [] : ["--info-fd", `${info}`, "--block-fd", `${gate}`]),
    ...bubblewrapArguments({
      ...(await hostBubblewrapOptions(python, isolation, paths)),
      temporaryMiB: options.temporaryMiB,
      network: listener === undefined ? true : "own",
      seccompDescriptor: filter === undefined ? undefined : 2 + descriptors.length,
    }),
  ];
  return {
    command: "bwrap",
    args: [...view, "--", python.executable, ...args],
    env,
    cwd: undefined,
    descriptors,
    gate,
  };
}

// Other variables may contain secrets, and code in the host can read its environment.
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
    // As in an activated virtual environment, `python` and its tools are those of the host's interpreter.
    PATH: [dirname(python.executable), path].join(delimiter),
    ...env,
  };
}
