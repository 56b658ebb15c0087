import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { seerHome } from "@seer/system";
import type { ModelSource } from "../../../plan/plan.ts";

/** Metadata of complete weights. */
export interface Filled {
  /** Commit, for models from the hub. */
  readonly revision?: string | undefined;
  /** The base model that an adapter's configuration names. */
  readonly base?: ModelSource | undefined;
}

/** Reads the local cache of complete volumes. The ID is compared, because a volume may have been recreated. */
export async function knownFilled(name: string, volumeId: string): Promise<Filled | undefined> {
  try {
    const known = JSON.parse(await readFile(file(name), "utf8")) as { volumeId: string; filled: Filled };
    return known.volumeId === volumeId ? known.filled : undefined;
  } catch {
    return undefined;
  }
}

/** Ignores errors; without a cache entry, the volume is checked again next time. */
export async function rememberFilled(name: string, volumeId: string, filled: Filled): Promise<void> {
  const path = file(name);
  const fresh = `${path}.${process.pid}`;
  try {
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    await writeFile(fresh, JSON.stringify({ volumeId, filled }), { mode: 0o600 });
    await rename(fresh, path);
  } catch {
    // Only a cache.
  }
}

function file(name: string): string {
  return join(seerHome(), "modal", "volumes", `${name}.json`);
}
