import { createHash } from "node:crypto";
import { basename } from "node:path/posix";
import { LineSplitter, lastLines, type Progress, shorten } from "@seer/config";
import { withoutCredentials } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { RepositoryStep } from "../../plan/plan.ts";
import { runCommand } from "../../runtime/run-command.ts";
import type { SandboxInstance } from "../../runtime/sandbox-instance.ts";

export interface BuildOptions {
  /** The checked-out commit. */
  commit: string;
  /** The engine's command line, up to the subcommand. */
  engine: readonly string[];
  /** Build with the host network, for engines that have no other. */
  hostNetwork: boolean;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Builds the container image of a repository's Dockerfile with the container engine of the sandbox.
 *
 * @returns the image's tag
 * @throws EnvironmentError `environment/repo-failed`, with the end of the build log
 */
export async function buildRepositoryImage(
  instance: SandboxInstance,
  { name, path, dockerfile = "Dockerfile" }: RepositoryStep,
  { commit, engine, hostNetwork, onProgress, signal }: BuildOptions,
): Promise<string> {
  const repository = withoutCredentials(name);
  const tag = imageTag(path, commit);
  onProgress(`Building the image ${tag} from ${dockerfile} of ${repository}`);
  const argv = [
    ...engine,
    "build",
    ...(hostNetwork ? ["--network", "host"] : []),
    "--tag",
    tag,
    "--file",
    instance.realPath(`${path}/${dockerfile}`),
    instance.realPath(path),
  ];
  const progress = new LineSplitter((line) => {
    if (progressLine.test(line)) onProgress(`  ${shorten(withoutCredentials(line.trim()), maxLineLength)}`);
  });
  const onStdout = (text: string) => progress.add(text);
  const { exitCode, stdout } = await runCommand(instance, { argv, merge: true }, { signal, onStdout });
  if (exitCode === 0) return tag;
  throw new EnvironmentError(
    "environment/repo-failed",
    `The image of ${repository} cannot be built from ${dockerfile}:\n${lastLines(withoutCredentials(stdout), 40)}`,
    { hint: "Check that `docker build` works in a fresh clone." },
  );
}

/** The tag contains the commit, because sandboxes with other commits may share the engine. */
function imageTag(path: string, commit: string): string {
  const name = basename(path)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  const version =
    /^[0-9a-f]{12}/.exec(commit)?.[0] ?? createHash("sha256").update(commit).digest("hex").slice(0, 12);
  return `seer/${name || "repository"}:${version}`;
}

const maxLineLength = 500;
// Progress lines of the legacy builder and of BuildKit.
const progressLine = /^(Step \d+\/\d+ :|#\d+ \[)/;
