import { isAlive, removeUnfinishedEnvironments } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { Backend } from "../../runtime/backend.ts";
import type { SandboxInstance } from "../../runtime/sandbox-instance.ts";
import type { SandboxInfo, SandboxUsage } from "../../runtime/sandbox-state.ts";
import { idOfName } from "./claim-name.ts";
import { removeFiles } from "./copy-files.ts";
import { homeDisk } from "./home.ts";
import { liveRecords } from "./live-records.ts";
import { LocalInstance } from "./local-instance.ts";
import { isRecordAlive, readRecord, type SandboxRecord } from "./sandbox-directory.ts";
import { usageOf } from "./sandbox-usage.ts";
import { startSandbox } from "./start-sandbox.ts";

/** Runs each sandbox as a directory and a process tree on this machine, isolated by bubblewrap if available. */
export const localBackend: Backend = {
  name: "local",
  get disk() {
    return homeDisk();
  },
  start: startSandbox,
  attach,
  list: listSandboxes,
  removeSnapshot: removeFiles,
};

async function attach(idOrName: string): Promise<SandboxInstance> {
  const record = (await recordOf(idOrName)) ?? (await recordOf(await idOfName(idOrName)));
  if (record !== undefined && isRecordAlive(record) && !record.ready) {
    throw new EnvironmentError("environment/not-found", `The sandbox ${idOrName} is still starting`, {
      hint: `Wait until it has started. Process ${record.owner?.pid} starts it; if that process ends first, so does the sandbox.`,
    });
  }
  if (record?.processes === undefined || !isRecordAlive(record)) {
    const running = (await listSandboxes()).map(({ id, name }) => (id === name ? id : `${name} (${id})`));
    throw new EnvironmentError("environment/not-found", `No sandbox ${idOrName} is running on this machine`, {
      hint: running.length === 0 ? "No sandbox is running." : `Running: ${running.join(", ")}.`,
    });
  }
  return await LocalInstance.attach(record, record.processes);
}

async function recordOf(id: string | undefined) {
  // Checked because the ID becomes part of a path.
  return id !== undefined && /^sb-[a-z0-9]+$/.test(id) ? await readRecord(id) : undefined;
}

/** Lists this machine's running sandboxes with their resource usage. */
async function listSandboxes(): Promise<SandboxInfo[]> {
  const records = await liveRecords();
  await removeUnfinishedEnvironments();
  const usage = await usageOf(records);
  return records.map((record) => infoOf(record, usage.get(record.state.id)));
}

function infoOf({ state, ready, owner }: SandboxRecord, usage: SandboxUsage | undefined): SandboxInfo {
  const { id, name, backend, kind, isolation, interfaces, gpu, gpuCount } = state;
  const createdAt = new Date(state.createdAt);
  return {
    id,
    name,
    backend,
    kind,
    state: ready ? "running" : "starting",
    createdAt,
    uptimeMs: Date.now() - createdAt.getTime(),
    isolation: isolation.kind,
    gpu,
    gpuCount,
    interfaces: interfaces.filter(({ loading }) => !loading).map(({ name }) => name),
    loading: interfaces.filter(({ loading }) => loading).map(({ name }) => name),
    ...(usage === undefined ? {} : { usage }),
    ownerPid: owner?.pid,
    ownerAlive: owner !== undefined && isAlive(owner),
  };
}
