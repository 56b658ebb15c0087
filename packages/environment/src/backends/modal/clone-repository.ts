import { gitAccess, withoutCredentials } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { RepositoryStep } from "../../plan/plan.ts";
import { runCommand } from "../../runtime/run-command.ts";
import { runtimePaths } from "../../runtime/runtime-paths.ts";
import type { SandboxInstance } from "../../runtime/sandbox-instance.ts";

/** Output of `seer_tools/clone_repository.py`. */
type CloneResult = { commit: string } | { failed: "clone" | "checkout"; said: string };

/**
 * Clones a repository with the sandbox's git. The only credentials are those in the URL.
 *
 * @returns the commit
 * @throws EnvironmentError `environment/repo-failed`, with git's own message
 */
export async function cloneInSandbox(
  instance: SandboxInstance,
  { name, url, ref, path }: RepositoryStep,
  signal: AbortSignal | undefined,
): Promise<string> {
  const script = `${runtimePaths.init}/seer_tools/clone_repository.py`;
  const {
    urls: [clean],
    env,
  } = gitAccess([url]);
  const result = await runCommand(
    instance,
    {
      argv: [runtimePaths.python, "-I", script],
      cwd: "/",
      stdin: JSON.stringify({ url: clean, ref, path, env }),
    },
    { signal },
  );
  const repository = withoutCredentials(name);
  if (result.exitCode !== 0) throw failed(`${repository} cannot be cloned`, result.stderr);
  const cloned = JSON.parse(result.stdout) as CloneResult;
  if ("commit" in cloned) return cloned.commit;
  if (cloned.failed === "clone") throw failed(`${repository} cannot be cloned`, cloned.said);
  throw failed(
    ref === undefined ? `${repository} cannot be checked out` : `${repository} has no ${ref}`,
    cloned.said,
  );
}

function failed(problem: string, said: string): EnvironmentError {
  return new EnvironmentError("environment/repo-failed", `${problem}:\n${withoutCredentials(said.trim())}`, {
    hint: "The repository is cloned inside the sandbox. If it is private, put a token into its `url`: https://TOKEN@github.com/….",
  });
}
