import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EnvironmentError } from "../../../errors.ts";
import type { RepositoryStep } from "../../../plan/plan.ts";
import { withoutCredentials } from "../../../plan/without-credentials.ts";
import { runTool } from "../../../this-machine/run-tool.ts";

export interface CloneOptions {
  python: string;
  /** A directory that no process of the sandbox can see. */
  scratch: string;
  /** Where to put the repository, on this machine. */
  target: string;
  signal?: AbortSignal | undefined;
}

/**
 * Clones a repository with this machine's git, so with the researcher's own access to it, and checks out its ref.
 *
 * @returns the commit
 * @throws EnvironmentError `environment/repo-failed`, with git's own message
 */
export async function cloneRepository(step: RepositoryStep, options: CloneOptions): Promise<string> {
  const { scratch, target } = options;
  const clone = join(scratch, "clone");
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const git = (...args: string[]) => runGit(step, args, options);
  try {
    await git("clone", "--quiet", "--no-checkout", "--", step.url, clone);
    // A token in the URL is for cloning, not for whoever reads the sandbox's files.
    await git("-C", clone, "remote", "set-url", "origin", withoutCredentials(step.url));
    // What is ambiguous is the branch, as for anybody who has just cloned.
    await git("-C", clone, "checkout", "--quiet", ...(step.ref === undefined ? [] : [step.ref, "--"]));
    const commit = await git("-C", clone, "rev-parse", "HEAD");
    await mkdir(dirname(target), { recursive: true });
    // Not cloned in place: a rename follows no link that an earlier repository's installation may have left there.
    await rename(clone, target);
    return commit.trim();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runGit(
  step: RepositoryStep,
  args: string[],
  { python, signal }: CloneOptions,
): Promise<string> {
  const env = {
    ...process.env,
    // Whoever could answer a question is not sitting at this process.
    GIT_TERMINAL_PROMPT: "0",
    GIT_SSH_COMMAND: process.env.GIT_SSH_COMMAND ?? "ssh -oBatchMode=yes",
    LC_ALL: "C",
  };
  const { exitCode, output } = await runTool(["git", ...args], { python, signal, env });
  if (exitCode === 0) return output;
  throw new EnvironmentError("environment/repo-failed", message(step, args, output), {
    hint:
      exitCode === 127
        ? "Install git."
        : "Check `url` and `ref`, and that `git clone` of it works in this terminal without a question.",
  });
}

function message({ name, ref }: RepositoryStep, args: readonly string[], output: string): string {
  const what = withoutCredentials(name);
  const problem = args.includes("checkout")
    ? ref === undefined
      ? `${what} cannot be checked out`
      : `${what} has no ${ref}`
    : `${what} cannot be cloned`;
  return `${problem}:\n${withoutCredentials(output.trim())}`;
}
