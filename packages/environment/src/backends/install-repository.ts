import type { Progress } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { RepositoryStep } from "../plan/plan.ts";
import { withoutCredentials } from "../plan/without-credentials.ts";
import { runCommand } from "../sandbox/run-command.ts";
import { pipInstall } from "../this-machine/install-packages.ts";
import { installerVariables } from "../this-machine/variables.ts";
import type { Machine } from "./backend.ts";
import { runtimePaths } from "./runtime-paths.ts";

interface InstallOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** What pip needs to find packages. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Runs pip, when the machine itself has no network. */
  run?: ((argv: string[], env: Readonly<Record<string, string>>) => Promise<Installed>) | undefined;
}

interface Installed {
  readonly exitCode: number | undefined;
  readonly output: string;
}

/**
 * Installs a repository for editing, inside the sandbox: its build scripts are as much somebody else's code as the rest.
 *
 * @throws EnvironmentError `environment/repo-failed`
 */
export async function installRepository(
  { name, path }: RepositoryStep,
  machine: Machine,
  { onProgress, signal, env = installerVariables(), run }: InstallOptions,
): Promise<void> {
  const what = withoutCredentials(name);
  onProgress(`Installing ${what}`);
  const argv = [
    machine.realPath(runtimePaths.python),
    "-m",
    "pip",
    ...pipInstall,
    "--editable",
    machine.realPath(path),
  ];
  const inMachine = async (): Promise<Installed> => {
    const { exitCode, stdout } = await runCommand(machine, { argv, merge: true, env }, { signal });
    return { exitCode, output: stdout };
  };
  const { exitCode, output } = await (run === undefined ? inMachine() : run(argv, env));
  if (exitCode === 0) return;
  throw new EnvironmentError(
    "environment/repo-failed",
    `${what} cannot be installed:\n${withoutCredentials(output.trim())}`,
    {
      hint: "Its `pip install -e` must work; name what it needs beyond Python in `systemPackages`.",
    },
  );
}
