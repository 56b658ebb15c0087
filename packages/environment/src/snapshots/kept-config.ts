import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Backend as BackendName, SandboxConfig } from "@seer/config";
import { seerHome } from "../seer-home.ts";
import { writeAtomically } from "../write-atomically.ts";
import { configToKeep } from "./snapshot-config.ts";

// Kept apart from a sandbox's own record, which is where its processes may see it: this names hidden models.

interface Kept {
  readonly config: SandboxConfig;
  /** Milliseconds since 1970. */
  readonly until: number;
}

// A start may take long before the sandbox's own time begins.
const marginMs = 24 * 60 * 60 * 1000;

/** Keeps a running sandbox's configuration for other processes that take it up. */
export async function keepConfig(id: string, config: SandboxConfig): Promise<void> {
  await mkdir(directory(), { recursive: true, mode: 0o700 });
  await clearAwayOld();
  const kept: Kept = { config: configToKeep(config), until: Date.now() + config.timeoutMs + marginMs };
  await writeAtomically(fileOf(id), JSON.stringify(kept));
}

/** Undefined for one that was started elsewhere. */
export async function keptConfig(id: string): Promise<SandboxConfig | undefined> {
  return (await read(fileOf(id)))?.config;
}

export async function forgetConfig(id: string): Promise<void> {
  await rm(fileOf(id), { force: true });
}

/** Forgets those of a backend's sandboxes that have ended: those kept before it was asked which are `running`. */
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

async function clearAwayOld(): Promise<void> {
  for (const name of await readdir(directory())) {
    const path = join(directory(), name);
    const until = (await read(path))?.until ?? (await lastChange(path)) + marginMs;
    if (until < Date.now()) await rm(path, { force: true });
  }
}

async function read(path: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Kept;
  } catch {
    return undefined;
  }
}

/** A file that cannot be read is what a killed process has left. */
async function lastChange(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

function fileOf(id: string): string {
  return join(directory(), `${id}.json`);
}

function directory(): string {
  return join(seerHome(), "configurations");
}
