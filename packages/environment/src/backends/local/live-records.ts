import { readdir, readFile, stat } from "node:fs/promises";
import { identify, signalProcess } from "@seer/system";
import { forgetConfig } from "../../runtime/kept-config.ts";
import { clearNames } from "./claim-name.ts";
import { sandboxDirectories, sandboxesDirectory } from "./home.ts";
import {
  isRecordAlive,
  readRecord,
  removeSandboxDirectory,
  removeStagedDirectories,
  type SandboxRecord,
} from "./sandbox-directory.ts";
import { sandboxVariable } from "./sandbox-variables.ts";

/** Returns the records of this machine's running sandboxes, oldest first, and removes what ended sandboxes left behind. */
export async function liveRecords(): Promise<SandboxRecord[]> {
  await removeStagedDirectories();
  const ids = (await readdir(sandboxesDirectory()).catch(() => [])).filter((name) => name.startsWith("sb-"));
  const alive: SandboxRecord[] = [];
  for (const id of ids) {
    const record = await readRecord(id);
    if (record !== undefined && isRecordAlive(record)) alive.push(record);
    else if (record !== undefined || (await isOld(id))) await removeSandbox(id, record);
  }
  await clearNames();
  return alive.toSorted((a, b) => a.state.createdAt.localeCompare(b.state.createdAt));
}

async function removeSandbox(id: string, record: SandboxRecord | undefined): Promise<void> {
  if (record?.state.isolation.kind === "none") await killOrphans(id);
  await forgetConfig(id);
  await removeSandboxDirectory(sandboxDirectories(id), id);
}

/** A directory without a record may belong to another version of Seer that is just creating it. */
async function isOld(id: string): Promise<boolean> {
  const made = await stat(sandboxDirectories(id).root).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > 60_000;
}

/** Kills the processes of a sandbox without isolation whose init was killed before it could end them. */
async function killOrphans(id: string): Promise<void> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of processes) {
    const variables = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!variables.split("\0").includes(`${sandboxVariable}=${id}`)) continue;
    const leftover = identify(Number(pid));
    if (leftover !== undefined) signalProcess(leftover, "SIGKILL");
  }
}
