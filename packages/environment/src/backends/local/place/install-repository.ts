import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import type { RepositoryStep } from "../../../plan/plan.ts";
import { withoutCredentials } from "../../../plan/without-credentials.ts";
import { runCommand } from "../../../sandbox/run-command.ts";
import type { Machine } from "../../backend.ts";
import { runtimePaths } from "../../runtime-paths.ts";
import { pipInstall } from "../python/install-packages.ts";
import { installerVariables } from "../sandbox-variables.ts";

interface InstallOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** What pip needs to find packages. */
  env?: Readonly<Record<string, string>> | undefined;
}

/**
 * Installs a repository for editing, inside the sandbox: its build scripts are as much somebody else's code as the rest.
 *
 * @throws EnvironmentError `environment/repo-failed`
 */
export async function installRepository(
  { name, path }: RepositoryStep,
  machine: Machine,
  { onProgress, signal, env = installerVariables() }: InstallOptions,
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
  const { exitCode, stdout } = await runCommand(machine, { argv, merge: true, env }, { signal });
  if (exitCode === 0) return;
  throw new EnvironmentError(
    "environment/repo-failed",
    `${what} cannot be installed:\n${withoutCredentials(stdout.trim())}`,
    {
      hint: "Its `pip install -e` must work; name what it needs beyond Python in `systemPackages`.",
    },
  );
}
