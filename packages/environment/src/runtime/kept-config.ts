import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Backend as BackendName, type SandboxConfig, withAbsolutePaths } from "@seer/config";
import { seerHome, withoutCredentials, writeAtomically } from "@seer/system";

// Not stored in the sandbox's directory, where its processes could read the names of hidden models.

interface StoredConfig {
  readonly config: SandboxConfig;
  /** Milliseconds since 1970. */
  readonly until: number;
}

// A start may take long before `timeoutMs` begins.
const marginMs = 24 * 60 * 60 * 1000;

/** A configuration that can be stored: with absolute paths and without passwords. */
export function configToKeep(config: SandboxConfig): SandboxConfig {
  return {
    ...config,
    models: config.models.map((model) => withAbsolutePaths(model)),
    repos: config.repos.map((repo) => ({ ...repo, url: withoutCredentials(repo.url) })),
  };
}

/** Stores a running sandbox's configuration for other processes that attach to it. */
export async function keepConfig(id: string, config: SandboxConfig): Promise<void> {
  await mkdir(directory(), { recursive: true, mode: 0o700 });
  await removeExpired();
  const { timeoutMs } = config;
  const kept: StoredConfig = {
    config: configToKeep(config),
    until: timeoutMs === undefined ? Number.MAX_SAFE_INTEGER : Date.now() + timeoutMs + marginMs,
  };
  await writeAtomically(fileOf(id), JSON.stringify(kept));
}

/** Undefined for a sandbox that was started on another machine. */
export async function keptConfig(id: string): Promise<SandboxConfig | undefined> {
  return (await read(fileOf(id)))?.config;
}

export async function forgetConfig(id: string): Promise<void> {
  await rm(fileOf(id), { force: true });
}

/** Removes the configurations of a backend's ended sandboxes: all that were stored before `asked` and are not running. */
export async function forgetOtherConfigs(
  backend: BackendName,
  running: readonly { readonly id: string }[],
  asked: number,
): Promise<void> {
  for (const name of await readdir(directory()).catch(() => [])) {
    if (running.some(({ id }) => name === `${id}.json`)) continue;
    const path = join(directory(), name);
    const kept = await read(path);
    if (kept?.config.backend === backend && (await lastChange(path)) < asked) await rm(path, { force: true });
  }
}

async function removeExpired(): Promise<void> {
  for (const name of await readdir(directory())) {
    const path = join(directory(), name);
    const until = (await read(path))?.until ?? (await lastChange(path)) + marginMs;
    if (until < Date.now()) await rm(path, { force: true });
  }
}

async function read(path: string): Promise<StoredConfig | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as StoredConfig;
  } catch {
    return undefined;
  }
}

async function lastChange(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

function fileOf(id: string): string {
  return join(directory(), `${id}.json`);
}

function directory(): string {
  return join(seerHome(), "configurations");
}
