import { EnvironmentError } from "../../../errors.ts";
import type { RepositoryStep } from "../../../plan/plan.ts";
import { withoutCredentials } from "../../../plan/without-credentials.ts";
import { runCommand } from "../../../sandbox/run-command.ts";
import type { Machine } from "../../backend.ts";
import { runtimePaths } from "../../runtime-paths.ts";

/** What `seer_tools/clone_repository.py` answers. */
type Answer = { commit: string } | { failed: "clone" | "checkout"; said: string };

/**
 * Clones a repository with the git of the sandbox, which knows no more of the researcher than the URL says.
 *
 * @returns the commit
 * @throws EnvironmentError `environment/repo-failed`, with git's own message
 */
export async function cloneInSandbox(
  machine: Machine,
  { name, url, ref, path }: RepositoryStep,
  signal: AbortSignal | undefined,
): Promise<string> {
  const script = `${runtimePaths.init}/seer_tools/clone_repository.py`;
  const result = await runCommand(
    machine,
    {
      argv: [runtimePaths.python, "-I", script],
      cwd: "/",
      stdin: JSON.stringify({ url, ref, path }),
    },
    { signal },
  );
  const what = withoutCredentials(name);
  if (result.exitCode !== 0) throw failed(`${what} cannot be cloned`, result.stderr);
  const answer = JSON.parse(result.stdout) as Answer;
  if ("commit" in answer) return answer.commit;
  if (answer.failed === "clone") throw failed(`${what} cannot be cloned`, answer.said);
  throw failed(ref === undefined ? `${what} cannot be checked out` : `${what} has no ${ref}`, answer.said);
}

function failed(problem: string, said: string): EnvironmentError {
  return new EnvironmentError("environment/repo-failed", `${problem}:\n${withoutCredentials(said.trim())}`, {
    hint: "It is cloned in the sandbox: for one that is private, put a token into its `url`, as in https://TOKEN@github.com/….",
  });
}
