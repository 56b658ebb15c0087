import { createHash } from "node:crypto";
import { basename } from "node:path/posix";
import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import type { RepositoryStep } from "../../plan/plan.ts";
import { withoutCredentials } from "../../plan/without-credentials.ts";
import { runCommand } from "../../sandbox/run-command.ts";
import type { Machine } from "../backend.ts";

export interface BuildOptions {
  /** What is checked out. */
  commit: string;
  /** The engine's program, with what comes before its commands. */
  engine: readonly string[];
  /** Builds with the sandbox's own network, where the engine has no other. */
  hostNetwork: boolean;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Builds the container image of a repository's Dockerfile with the engine that the sandbox can use.
 *
 * @returns the image's tag
 * @throws EnvironmentError `environment/repo-failed`, with the end of the build's log
 */
export async function buildRepositoryImage(
  machine: Machine,
  { name, path, dockerfile = "Dockerfile" }: RepositoryStep,
  { commit, engine, hostNetwork, onProgress, signal }: BuildOptions,
): Promise<string> {
  const what = withoutCredentials(name);
  const tag = imageTag(path, commit);
  onProgress(`Building the image ${tag} from ${dockerfile} of ${what}`);
  const argv = [
    ...engine,
    "build",
    ...(hostNetwork ? ["--network", "host"] : []),
    "--tag",
    tag,
    "--file",
    machine.realPath(`${path}/${dockerfile}`),
    machine.realPath(path),
  ];
  let rest = "";
  const onStdout = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (worthShowing.test(line)) onProgress(`  ${withoutCredentials(line.trim())}`);
  };
  const { exitCode, stdout } = await runCommand(machine, { argv, merge: true }, { signal, onStdout });
  if (exitCode === 0) return tag;
  const lines = withoutCredentials(stdout.trim()).split("\n");
  throw new EnvironmentError(
    "environment/repo-failed",
    `The image of ${what} cannot be built from ${dockerfile}:\n${lines.slice(-40).join("\n")}`,
    { hint: "Its `docker build` must work in a fresh clone." },
  );
}

/** An engine may be shared by sandboxes with other commits of the same repository. */
function imageTag(path: string, commit: string): string {
  const name = basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const version =
    /^[0-9a-f]{12}/.exec(commit)?.[0] ?? createHash("sha256").update(commit).digest("hex").slice(0, 12);
  return `seer/${name || "repository"}:${version}`;
}

// Of the older builder, and of BuildKit.
const worthShowing = /^(Step \d+\/\d+ :|#\d+ \[)/;
