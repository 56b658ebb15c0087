import type { Progress } from "@seer/config";
import { pipInstall, withoutCredentials } from "@seer/system";
import { EnvironmentError } from "../errors.ts";
import type { RepositoryStep } from "../plan/plan.ts";
import { runCommand } from "./run-command.ts";
import { runtimePaths } from "./runtime-paths.ts";
import type { SandboxInstance } from "./sandbox-instance.ts";

export interface InstallRepositoryOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** pip's settings, without passwords, which the repository's code could read. */
  env: Readonly<Record<string, string>>;
  /** Runs the command outside the sandbox's own network, for a sandbox without network. */
  run?: ((argv: string[], env: Readonly<Record<string, string>>) => Promise<Installed>) | undefined;
}

interface Installed {
  readonly exitCode: number | undefined;
  readonly output: string;
}

/**
 * Installs a repository in editable mode or with the user's command. This runs inside the sandbox, because its build
 * scripts are untrusted code.
 *
 * @throws EnvironmentError `environment/repo-failed`
 */
export async function installRepository(
  { name, path, install }: RepositoryStep,
  instance: SandboxInstance,
  { onProgress, signal, env, run }: InstallRepositoryOptions,
): Promise<void> {
  if (install === false) return;
  const what = withoutCredentials(name);
  onProgress(typeof install === "string" ? `Installing ${what}: ${install}` : `Installing ${what}`);
  const directory = instance.realPath(path);
  const argv =
    typeof install === "string"
      ? ["bash", "-c", 'cd "$1" && eval "$2"', "bash", directory, install]
      : [instance.realPath(runtimePaths.python), "-m", "pip", ...pipInstall, "--editable", directory];
  const inSandbox = async (): Promise<Installed> => {
    const { exitCode, stdout } = await runCommand(instance, { argv, merge: true, env }, { signal });
    return { exitCode, output: stdout };
  };
  const { exitCode, output } = await (run === undefined ? inSandbox() : run(argv, env));
  if (exitCode === 0) return;
  throw new EnvironmentError(
    "environment/repo-failed",
    `${what} cannot be installed:\n${withoutCredentials(output.trim())}`,
    {
      hint: `${typeof install === "string" ? `The command \`${install}\`` : "Its `pip install -e`"} must work in a fresh clone without passwords; add what it needs beyond Python to \`systemPackages\`.`,
    },
  );
}
