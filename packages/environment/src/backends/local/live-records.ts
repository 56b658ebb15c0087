import { readdir, stat } from "node:fs/promises";
import { forgetConfig } from "../../snapshots/kept-config.ts";
import { clearNames } from "./claim-name.ts";
import { endLeftovers } from "./end-leftovers.ts";
import { sandboxDirectories, sandboxesDirectory } from "./home.ts";
import { isRecordAlive, readRecord, type SandboxRecord } from "./record.ts";
import { clearOnTheWay, removeSandboxDirectory } from "./sandbox-directory.ts";

/** What is kept of this machine's sandboxes that are alive, the oldest first; what dead ones left is cleared away. */
export async function liveRecords(): Promise<SandboxRecord[]> {
  await clearOnTheWay();
  const ids = (await readdir(sandboxesDirectory()).catch(() => [])).filter((name) => name.startsWith("sb-"));
  const alive: SandboxRecord[] = [];
  for (const id of ids) {
    const record = await readRecord(id);
    if (record !== undefined && isRecordAlive(record)) alive.push(record);
    else if (record !== undefined || (await isOld(id))) await clearAway(id, record);
  }
  await clearNames();
  return alive.toSorted((a, b) => a.state.createdAt.localeCompare(b.state.createdAt));
}

async function clearAway(id: string, record: SandboxRecord | undefined): Promise<void> {
  if (record?.state.isolation.kind === "none") await endLeftovers(id);
  await forgetConfig(id);
  await removeSandboxDirectory(sandboxDirectories(id), id);
}

/** A directory without a record is none that was made here; it may be another version's, which is just making it. */
async function isOld(id: string): Promise<boolean> {
  const made = await stat(sandboxDirectories(id).root).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > 60_000;
}
