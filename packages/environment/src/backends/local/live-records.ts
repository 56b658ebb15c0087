import { readdir, stat } from "node:fs/promises";
import { removeTree } from "../../remove-tree.ts";
import { forgetConfig } from "../../snapshots/kept-config.ts";
import { releaseName } from "./claim-name.ts";
import { endLeftovers } from "./end-leftovers.ts";
import { sandboxDirectories, sandboxesDirectory } from "./home.ts";
import { isRecordAlive, readRecord, type SandboxRecord } from "./record.ts";

/** What is kept of this machine's sandboxes that are alive, the oldest first; what dead ones left is cleared away. */
export async function liveRecords(): Promise<SandboxRecord[]> {
  const ids = (await readdir(sandboxesDirectory()).catch(() => [])).filter((name) => name.startsWith("sb-"));
  const alive: SandboxRecord[] = [];
  for (const id of ids) {
    const record = await readRecord(id);
    if (record !== undefined && isRecordAlive(record)) alive.push(record);
    else if (record !== undefined || (await isOld(id))) await clearAway(id, record);
  }
  return alive.toSorted((a, b) => a.state.createdAt.localeCompare(b.state.createdAt));
}

async function clearAway(id: string, record: SandboxRecord | undefined): Promise<void> {
  if (record?.state.isolation.kind === "none") await endLeftovers(id);
  await removeTree(sandboxDirectories(id).root);
  await forgetConfig(id);
  if (record !== undefined) await releaseName(record.state);
}

/** A directory without a record is one that has just been made, or one whose maker died just then. */
async function isOld(id: string): Promise<boolean> {
  const made = await stat(sandboxDirectories(id).root).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > 60_000;
}
