import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ModelSource } from "../../../plan/plan.ts";
import { seerHome } from "../../../seer-home.ts";

/** What is known of weights that are complete. */
export interface Filled {
  /** Of the hub's, the commit. */
  readonly revision?: string | undefined;
  /** What an adapter says it is for. */
  readonly base?: ModelSource | undefined;
}

/** What this user has seen in a volume, when it had all of its weights; another one of the same name may not. */
export async function knownFilled(name: string, volumeId: string): Promise<Filled | undefined> {
  try {
    const known = JSON.parse(await readFile(file(name), "utf8")) as { volumeId: string; filled: Filled };
    return known.volumeId === volumeId ? known.filled : undefined;
  } catch {
    return undefined;
  }
}

/** Where this cannot be kept, the volume is looked into the next time. */
export async function rememberFilled(name: string, volumeId: string, filled: Filled): Promise<void> {
  const path = file(name);
  const fresh = `${path}.${process.pid}`;
  try {
    await mkdir(join(path, ".."), { recursive: true, mode: 0o700 });
    await writeFile(fresh, JSON.stringify({ volumeId, filled }), { mode: 0o600 });
    await rename(fresh, path);
  } catch {
    // As said.
  }
}

function file(name: string): string {
  return join(seerHome(), "modal", "volumes", `${name}.json`);
}
