import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { lastLines, type Progress } from "@seer/config";
import { SystemError } from "../errors.ts";
import { findCommand } from "../find-command.ts";
import type { ToolResult } from "../run-tool.ts";
import { gitAccess, gitUrl } from "../secrets/git-credentials.ts";
import { withoutCredentials } from "../secrets/mask.ts";
import { failedPackage } from "./failed-package.ts";
import {
  type IndexSettings,
  netrcFile,
  proxyVariables,
  publicSettings,
  readIndexSettings,
  usesCredentials,
} from "./index-settings.ts";
import { InstallProgress } from "./install-progress.ts";
import { baseEnvironment, installerEnvironment } from "./installer-environment.ts";
import type { PythonEnvironment } from "./python-environment.ts";
import { type InstallIsolation, runInstaller } from "./run-installer.ts";
import { torchOptions } from "./torch-options.ts";

export interface InstallOptions {
  python: string;
  lock: number;
  /** A directory for the installer's temporary files. */
  temporary: string;
  /** Whether one of the packages may need PyTorch. */
  torch: boolean;
  wheelsOnly?: boolean | undefined;
  /** The isolation of the sandbox, which also applies here: installing a package may run its code. */
  isolation: InstallIsolation;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Installs packages into an environment with uv if available, else with pip. The installer gets only those of the user's
 * settings that it needs to reach the package index.
 *
 * Credentials of the index are used only for wheels: building a package from source runs its code, so that is done
 * without them.
 *
 * @throws SystemError `environment/package-install-failed`, with the package's name and the installer's output
 */
export async function installPackages(
  environment: PythonEnvironment,
  packages: readonly string[],
  options: InstallOptions,
): Promise<void> {
  const { python, signal } = options;
  const installer = await findInstaller(environment);
  const settings = await readIndexSettings({ python, installer: installer.kind, pip: installer.pip, signal });
  const torch = options.torch ? await torchOptions(installer.kind, settings, { python, signal }) : [];
  const install: Install = (using, credentials, more = []) =>
    run(installer, environment, packages, {
      ...options,
      settings: using,
      credentials,
      more: [...torch, ...more],
    });
  await installWith(install, settings, packages, options);
  // Not by uv, which would start the environment's Python for it, and so the packages' code with its own passwords.
  if (installer.kind === "uv") await compile(environment, options);
}

type Install = (using: IndexSettings, credentials: boolean, more?: readonly string[]) => Promise<ToolResult>;

async function installWith(
  install: Install,
  settings: IndexSettings,
  packages: readonly string[],
  options: InstallOptions,
): Promise<void> {
  const { onProgress } = options;
  const withoutPasswords = publicSettings(settings);
  const wheels = ["--only-binary", ":all:"];
  if (options.wheelsOnly || !(await usesCredentials(settings))) {
    const result = options.wheelsOnly
      ? await install(settings, true, wheels)
      : await install(withoutPasswords, false);
    if (result.exitCode !== 0) throw failure(packages, result, indexHint);
    return;
  }
  const fromWheels = await install(settings, true, wheels);
  if (fromWheels.exitCode === 0) return;
  onProgress(
    "  Installing again without the package index's password, because a package may have to be built from source",
  );
  const built = await install(withoutPasswords, false);
  if (built.exitCode !== 0) throw failure(packages, fromWheels, passwordHint);
}

const indexHint =
  "Check its name and version in `pythonPackages`, and that this machine can reach the package index.";
const passwordHint = `${indexHint} Packages that are built from source do not get the index's password; if the package is on that index, it needs a wheel.`;

interface Installer {
  readonly kind: "uv" | "pip";
  readonly command: readonly string[];
  /** Path of a pip that Python can run, if there is one. */
  readonly pip: string | undefined;
}

async function findInstaller(environment: PythonEnvironment): Promise<Installer> {
  const own = join(environment.directory, "bin", "python");
  const pip = environment.pipWheel === null ? undefined : join(environment.pipWheel, "pip");
  const uv = await findCommand("uv");
  if (uv !== undefined) {
    const command = [uv, "pip", "install", "--python", own];
    return { kind: "uv", command, pip };
  }
  if (pip !== undefined) return { kind: "pip", command: [own, pip, ...pipInstall], pip };
  throw new SystemError(
    "environment/package-install-failed",
    `${environment.executable} has no pip to install packages with`,
    { hint: "Install uv, or pip for this Python (Debian and Ubuntu: `apt-get install python3-venv`)." },
  );
}

/** Arguments for a non-interactive `pip install`. */
export const pipInstall = [
  "install",
  "--disable-pip-version-check",
  "--no-input",
  "--progress-bar=off",
  "--root-user-action=ignore",
];

interface RunOptions extends InstallOptions {
  settings: IndexSettings;
  credentials: boolean;
  more: readonly string[];
}

async function run(
  { command }: Installer,
  environment: PythonEnvironment,
  packages: readonly string[],
  { settings, credentials, more, temporary, onProgress, ...options }: RunOptions,
): Promise<ToolResult> {
  // In a file, because URLs may contain passwords and command lines are visible to other users: the installer's, and
  // those of the git processes that it starts.
  const file = join(temporary, "requirements.txt");
  const requirements = packages.map((text) =>
    gitUrl(text) === undefined ? absolute(text) : withoutCredentials(text),
  );
  await writeFile(file, requirementsFile(settings, requirements), { mode: 0o600 });
  const git = gitAccess(packages.flatMap((text) => gitUrl(text) ?? []));
  using progress = new InstallProgress(onProgress);
  const { index, extra, findLinks, certificate, clientCertificate, proxy } = settings;
  return await runInstaller([...command, ...more, "--requirement", file], {
    ...options,
    environment,
    sources: [
      index,
      proxy,
      ...extra,
      ...findLinks,
      ...packages.map(absolute),
      ...git.urls,
      ...Object.values(proxyVariables()),
    ].filter((source) => source !== null),
    files: [certificate, clientCertificate, credentials ? netrcFile() : null].filter(
      (file) => file !== null && existsSync(file),
    ) as string[],
    env: { ...installerEnvironment({ settings, temporary, credentials }), ...git.env },
    onLine: (line) => progress.addLine(line),
  });
}

/** Compiles the packages, which sandboxes see read-only, without running their code. */
async function compile(
  environment: PythonEnvironment,
  { temporary, onProgress, ...options }: InstallOptions,
): Promise<void> {
  const { executable, directory, sitePackages } = environment;
  const command = [
    executable,
    "-I",
    "-S",
    "-m",
    "compileall",
    "-q",
    "-j",
    "0",
    join(directory, sitePackages),
  ];
  // It fails if one file is no valid Python, but compiles the others.
  await runInstaller(command, {
    ...options,
    environment,
    env: baseEnvironment(temporary),
    sources: [],
    files: [],
  });
}

function requirementsFile(settings: IndexSettings, requirements: readonly string[]): string {
  const { index, extra, findLinks, noIndex } = settings;
  const lines = [
    ...(index === null ? [] : [`--index-url ${index}`]),
    ...extra.map((url) => `--extra-index-url ${url}`),
    ...findLinks.map((location) => `--find-links ${location}`),
    ...(noIndex ? ["--no-index"] : []),
    ...requirements,
  ];
  return `${lines.join("\n")}\n`;
}

/** pip and uv resolve relative paths in a requirements file differently. */
function absolute(requirement: string): string {
  if (!/^(\.{1,2}(\/|$)|~\/)/.test(requirement)) return requirement;
  return resolve(requirement.replace(/^~(?=\/)/, homedir()));
}

function failure(packages: readonly string[], { output }: ToolResult, hint: string): SystemError {
  const text = withoutCredentials(output.trim());
  const failed = failedPackage(text);
  const named = packages.map(withoutCredentials).join(", ");
  return new SystemError(
    "environment/package-install-failed",
    `${failed ?? `At least one of ${named}`} cannot be installed:\n${lastLines(text, 30)}`,
    { hint },
  );
}
