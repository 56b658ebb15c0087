import { clearHalfMade } from "../../this-machine/clear-half-made.ts";
import { isAlive } from "../../this-machine/process-identity.ts";
import type { SandboxInfo, SandboxUsage } from "../backend.ts";
import { liveRecords } from "./live-records.ts";
import type { SandboxRecord } from "./record.ts";
import { usageOf } from "./usage/usage-of.ts";

/** This machine's sandboxes that are alive, and what they use. */
export async function listSandboxes(): Promise<SandboxInfo[]> {
  const records = await liveRecords();
  await clearHalfMade();
  const usage = await usageOf(records);
  return records.map((record) => infoOf(record, usage.get(record.state.id)));
}

function infoOf({ state, furnished, owner }: SandboxRecord, usage: SandboxUsage | undefined): SandboxInfo {
  const { id, name, backend, kind, isolation, interfaces, gpu, gpuCount } = state;
  const createdAt = new Date(state.createdAt);
  return {
    id,
    name,
    backend,
    kind,
    state: furnished ? "running" : "starting",
    createdAt,
    uptimeMs: Date.now() - createdAt.getTime(),
    isolation: isolation.kind,
    gpu,
    gpuCount,
    interfaces: interfaces.map((served) => served.name),
    ...(usage === undefined ? {} : { usage }),
    ownerPid: owner?.pid,
    ownerAlive: owner !== undefined && isAlive(owner),
  };
}
