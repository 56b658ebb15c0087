import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { identify, isAlive, type ProcessIdentity, seerHome, writeAtomically } from "@seer/system";
import { EnvironmentError } from "../errors.ts";
import type { InterfaceRecord, SandboxInfo, SandboxState } from "../runtime/sandbox-state.ts";

/** The record of a sandbox that has been stopped at least once, for other processes of this user. */
export interface IdleRecord {
  readonly version: 1;
  /** The sandbox's ID: that of its first instance. */
  readonly id: string;
  /** ID of the current instance; null while stopped. */
  readonly instance: string | null;
  readonly owner: ProcessIdentity | undefined;
  readonly state: Pick<
    SandboxState,
    "name" | "backend" | "kind" | "createdAt" | "isolation" | "gpu" | "gpuCount"
  >;
  readonly interfaces: readonly { readonly name: string; readonly gateway: GatewayAddress }[];
}

interface GatewayAddress extends NonNullable<InterfaceRecord["gateway"]> {
  readonly adminToken: string;
}

export async function writeIdleRecord(record: Omit<IdleRecord, "version" | "owner">): Promise<void> {
  await mkdir(directory(), { recursive: true, mode: 0o700 });
  const whole: IdleRecord = { version: 1, owner: identify(process.pid), ...record };
  await writeAtomically(fileOf(record.id), JSON.stringify(whole));
}

export async function removeIdleRecord(id: string): Promise<void> {
  await rm(fileOf(id), { force: true });
}

/** Lists the records with a living owner, and removes the others. */
export async function listIdleRecords(): Promise<IdleRecord[]> {
  const names = (await readdir(directory()).catch(() => [])).filter((name) => name.endsWith(".json"));
  const records: IdleRecord[] = [];
  for (const name of names) {
    const path = join(directory(), name);
    const record = await read(path);
    if (record?.owner !== undefined && isAlive(record.owner)) records.push(record);
    else if (record !== undefined) await rm(path, { force: true });
  }
  return records;
}

/** Replaces instance IDs in a list by sandbox IDs, and adds stopped sandboxes. */
export async function withIdle(instances: readonly SandboxInfo[]): Promise<SandboxInfo[]> {
  const records = await listIdleRecords();
  const stopped = records.filter(({ instance }) => instance === null);
  const renamed = instances.map((info) => {
    const record = records.find(({ instance }) => instance === info.id);
    return record === undefined ? info : { ...info, id: record.id };
  });
  // Omit instances that are being stopped; their sandbox is listed as stopped.
  const running = renamed.filter(({ name }) => !stopped.some(({ state }) => state.name === name));
  return [...running, ...stopped.map(infoOf)];
}

/** @throws EnvironmentError `environment/name-taken` if a stopped sandbox has this name, which it needs for a restart */
export async function checkNameIsFree(name: string): Promise<void> {
  const holder = (await listIdleRecords()).find(
    ({ instance, state }) => instance === null && state.name === name,
  );
  if (holder === undefined) return;
  const message = `The sandbox ${name} (${holder.id}) is stopped and keeps its name for the next start`;
  throw new EnvironmentError("environment/name-taken", message, {
    hint: `Choose another name, or end its owner, process ${holder.owner?.pid}.`,
  });
}

function infoOf({ id, state, interfaces, owner }: IdleRecord): SandboxInfo {
  const { createdAt, isolation, ...rest } = state;
  return {
    ...rest,
    id,
    state: "stopped",
    createdAt: new Date(createdAt),
    uptimeMs: 0,
    isolation: isolation.kind,
    interfaces: interfaces.map(({ name }) => name),
    loading: [],
    ownerPid: owner?.pid,
    ownerAlive: true,
  };
}

async function read(path: string): Promise<IdleRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, "utf8")) as IdleRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(id: string): string {
  return join(directory(), `${id}.json`);
}

function directory(): string {
  return join(seerHome(), "idle");
}
