import { join } from "node:path";
import type { Progress } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { withoutCredentials } from "../plan/without-credentials.ts";
import { findCommand } from "./find-command.ts";
import type { PythonEnvironment } from "./python-environment.ts";
import { runTool } from "./run-tool.ts";

export interface InstallOptions {
  python: string;
  lock: number;
  /** A directory for the installer's temporary files. */
  temporary: string;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Installs packages into an environment, with uv where there is one, else with pip.
 *
 * @throws EnvironmentError `environment/package-install-failed`, naming the package and with the installer's own words
 */
export async function installPackages(
  environment: PythonEnvironment,
  packages: readonly string[],
  { onProgress, temporary, ...options }: InstallOptions,
): Promise<void> {
  const installer = await installerFor(environment);
  const { exitCode, output } = await runTool([...installer, "--", ...packages], {
    ...options,
    env: { ...process.env, TMPDIR: temporary },
    onLine: (line) => {
      if (worthShowing.test(line)) onProgress(`  ${withoutCredentials(line.trim())}`);
    },
  });
  if (exitCode === 0) return;
  const text = withoutCredentials(output.trim());
  const culprit = culpritOf(text);
  throw new EnvironmentError(
    "environment/package-install-failed",
    `${culprit === undefined ? `Of ${packages.join(", ")}, at least one` : culprit} cannot be installed:\n${lastLines(text)}`,
    {
      hint: "Check its name and version in `pythonPackages`, and that this machine reaches the package index.",
    },
  );
}

async function installerFor(environment: PythonEnvironment): Promise<string[]> {
  const own = join(environment.directory, "bin", "python");
  const uv = await findCommand("uv");
  if (uv !== undefined) return [uv, "pip", "install", "--python", own];
  if (environment.pipWheel !== null) return [own, join(environment.pipWheel, "pip"), ...pipInstall];
  throw new EnvironmentError(
    "environment/package-install-failed",
    `${environment.executable} has no pip to install packages with`,
    { hint: "Install uv, or Python's own (Debian and Ubuntu: `apt-get install python3-venv`)." },
  );
}

/** pip's command for installing, without questions and decorations. */
export const pipInstall = [
  "install",
  "--disable-pip-version-check",
  "--no-input",
  "--progress-bar=off",
  "--root-user-action=ignore",
];

const worthShowing =
  /^\s*(Collecting|Downloading|Building|Installing|Successfully|Resolved|Prepared|Installed)\b/;

/** The package that pip or uv complains about. */
export function culpritOf(output: string): string | undefined {
  const patterns = [
    /No matching distribution found for (\S+)/,
    /Because (\S+) was not found/,
    /there (?:is|are) no versions? of (\S+)/,
    /Failed building wheel for (\S+)/,
    /Failed to (?:build|download) `([^`]+)`/,
    /Invalid requirement: '?([^'\n]+)'?/,
    /Failed to parse: `([^`]+)`/,
  ];
  for (const pattern of patterns) {
    const match = pattern.exec(output);
    if (match?.[1] !== undefined) return match[1].replace(/[,.:;]$/, "");
  }
  return undefined;
}

function lastLines(text: string): string {
  const lines = text.split("\n");
  return lines.length <= 30 ? text : `…\n${lines.slice(-30).join("\n")}`;
}
