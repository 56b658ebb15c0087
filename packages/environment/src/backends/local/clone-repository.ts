import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lastLines } from "@seer/config";
import { gitAccess, runTool, withoutCredentials } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { RepositoryStep } from "../../plan/plan.ts";

export interface CloneOptions {
  python: string;
  /** A directory that the sandbox's processes cannot see. */
  scratch: string;
  /** Where to put the repository on this machine. */
  target: string;
  signal?: AbortSignal | undefined;
}

/**
 * Clones a repository and checks out its ref, using this machine's git and the user's own access rights.
 *
 * @returns the commit
 * @throws EnvironmentError `environment/repo-failed`, with git's own message
 */
export async function cloneRepository(step: RepositoryStep, options: CloneOptions): Promise<string> {
  const { scratch, target } = options;
  const clone = join(scratch, "clone");
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const {
    urls: [url = step.url],
    env,
  } = gitAccess([step.url], process.env);
  const git = (...args: string[]) => runGit(step, args, env, options);
  try {
    await git("clone", "--quiet", "--no-checkout", "--", url, clone);
    // If a branch and a tag have the same name, the branch is used, as in a fresh clone.
    await git("-C", clone, "checkout", "--quiet", ...(step.ref === undefined ? [] : [step.ref, "--"]));
    const commit = await git("-C", clone, "rev-parse", "HEAD");
    await mkdir(dirname(target), { recursive: true });
    // Not cloned in place: a rename does not follow a link that an earlier repository's installation may have left there.
    await rename(clone, target);
    return commit.trim();
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function runGit(
  step: RepositoryStep,
  args: string[],
  access: Readonly<Record<string, string>>,
  { python, signal }: CloneOptions,
): Promise<string> {
  const env = {
    ...process.env,
    ...access,
    // Nobody can answer a prompt of this process.
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
        : "Check `url` and `ref`, and that `git clone` works in this terminal without a prompt.",
  });
}

function message({ name, ref }: RepositoryStep, args: readonly string[], output: string): string {
  const repository = withoutCredentials(name);
  const problem = args.includes("checkout")
    ? ref === undefined
      ? `${repository} cannot be checked out`
      : `${repository} has no ${ref}`
    : `${repository} cannot be cloned`;
  return `${problem}:\n${lastLines(withoutCredentials(output), 40)}`;
}
