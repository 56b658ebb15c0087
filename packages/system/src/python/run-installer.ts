import { existsSync } from "node:fs";
import { mkdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { certificatePaths, type Isolation, type Mount, pythonMounts } from "@seer/rpc/launch";
import { runInBubblewrap } from "../run-in-bubblewrap.ts";
import { runTool, type ToolOptions, type ToolResult } from "../run-tool.ts";
import { seerHome } from "../seer-home.ts";
import { noteUse } from "../uses.ts";
import type { PythonEnvironment } from "./python-environment.ts";

/** The isolation of the sandbox that packages are installed for. */
export interface InstallIsolation extends Pick<Isolation, "lacks"> {
  readonly kind: "bubblewrap" | "none" | "remote";
}

export interface InstallerRun extends Omit<ToolOptions, "env"> {
  environment: PythonEnvironment;
  /** The isolation of the sandbox that the environment is for. */
  isolation: InstallIsolation;
  env: Readonly<Record<string, string>>;
  /** Files, directories and URLs that the installer reads packages from. */
  sources: readonly string[];
  /** The user's files that the installer needs, such as a certificate. */
  files: readonly string[];
}

/**
 * Runs an installer in bubblewrap, so that build scripts of packages see only the files that they need; runs it directly
 * if the sandbox has no isolation.
 */
export async function runInstaller(
  command: readonly string[],
  { environment, isolation, env, sources, files, ...options }: InstallerRun,
): Promise<ToolResult> {
  if (isolation.kind !== "bubblewrap") return await runTool(command, { ...options, env });
  const { executable, prefixes, directory } = environment;
  const [program = ""] = command;
  const own = await pythonMounts({ executable, prefixes, version: [3, 10, 0] });
  // Not the user's caches, in which a malicious build could plant a package for other projects.
  const caches = installerCaches();
  await noteUse(installerCachesId);
  const variables = {
    ...env,
    PIP_CACHE_DIR: join(caches, "pip"),
    UV_CACHE_DIR: join(caches, "uv"),
    UV_LINK_MODE: "copy",
  };
  await mkdir(caches, { recursive: true, mode: 0o700 });
  const local = sources.flatMap(localPath).filter((path) => existsSync(path));
  const readOnly = [...local, ...files, ...certificatePaths(), ...(await programPaths(program, directory))];
  return await runInBubblewrap(command, {
    ...options,
    env: variables,
    isolation,
    ports: sources.flatMap(loopbackPort),
    view: {
      readOnly: [...own.readOnly, ...readOnly.map((path): Mount => [path, path])],
      writable: [
        [directory, directory],
        [caches, caches],
      ],
      symlinks: own.symlinks,
      workingDirectory: directory,
    },
  });
}

/** The ID of the installer caches for `noteUse`. */
export const installerCachesId = "installer-caches";

/** The caches of installers that run in isolation, one directory per installer. */
export function installerCaches(): string {
  return join(seerHome(), "cache");
}

/** Where they are while they are being removed. */
export function removedCaches(): string {
  return `${installerCaches()}.removed`;
}

/** The path of the installer, unless the environment or the system contains it. */
async function programPaths(program: string, directory: string): Promise<string[]> {
  if (program.startsWith(`${directory}/`) || program.startsWith("/usr/bin/")) return [];
  return [...new Set([program, await realpath(program)])];
}

/** The local path that a requirement or an index names, if any. */
function localPath(source: string): string[] {
  if (source.startsWith("file://")) return [fileURLToPath(source.replace(/#.*$/, ""))];
  const url = /@\s*file:\/\/([^#\s]+)/.exec(source)?.[1];
  if (url !== undefined) return [decodeURIComponent(url)];
  if (!source.startsWith("/")) return [];
  const path = source.replace(/\[[^\]]*\]$/, "");
  return [path.endsWith(".whl") || path.endsWith(".tar.gz") ? dirname(path) : path];
}

/** The port of an index, a package or a repository served on the loopback interface. */
function loopbackPort(source: string): number[] {
  const url = source.replace(/^[^@:/]*@\s*/, "").replace(/^git\+/, "");
  if (!URL.canParse(url)) return [];
  const { protocol, hostname, port } = new URL(url);
  if (!/^(localhost|127(\.\d+){3})$/.test(hostname)) return [];
  return [Number(port) || (protocol === "https:" ? 443 : 80)];
}
