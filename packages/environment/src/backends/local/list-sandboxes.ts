import { readdir, stat } from "node:fs/promises";
import { removeTree } from "../../remove-tree.ts";
import { forgetConfig } from "../../snapshots/kept-config.ts";
import type { SandboxInfo } from "../backend.ts";
import { releaseName } from "./claim-name.ts";
import { endLeftovers } from "./end-leftovers.ts";
import { sandboxDirectories, sandboxesDirectory } from "./home.ts";
import { isAlive } from "./process-identity.ts";
import { isRecordAlive, readRecord, type SandboxRecord } from "./record.ts";

/** This machine's sandboxes that are alive; what dead ones left is cleared away. */
export async function listSandboxes(): Promise<SandboxInfo[]> {
  const ids = (await readdir(sandboxesDirectory()).catch(() => [])).filter((name) => name.startsWith("sb-"));
  const infos: SandboxInfo[] = [];
  for (const id of ids) {
    const record = await readRecord(id);
    if (record !== undefined && isRecordAlive(record)) infos.push(infoOf(record));
    else if (record !== undefined || (await isOld(id))) await clearAway(id, record);
  }
  return infos.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
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

function infoOf({ state, processes, owner }: SandboxRecord): SandboxInfo {
  const { id, name, backend, kind, isolation, interfaces, gpu, gpuCount } = state;
  const createdAt = new Date(state.createdAt);
  return {
    id,
    name,
    backend,
    kind,
    state: processes === undefined ? "starting" : "running",
    createdAt,
    uptimeMs: Date.now() - createdAt.getTime(),
    isolation: isolation.kind,
    gpu,
    gpuCount,
    interfaces: interfaces.map((served) => served.name),
    ownerPid: owner?.pid,
    ownerAlive: owner !== undefined && isAlive(owner),
  };
}
