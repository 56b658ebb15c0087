import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { InterfaceRecord, SandboxInfo, SandboxState } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { seerHome } from "../seer-home.ts";
import { identify, isAlive, type ProcessIdentity } from "../this-machine/process-identity.ts";
import { writeAtomically } from "../write-atomically.ts";

/** What other processes of this user can know of a sandbox that has been stopped at least once. */
export interface IdleRecord {
  readonly version: 1;
  /** What it is called by whoever knows it from its start. */
  readonly id: string;
  /** The id of the machine that it has now; null while it is stopped. */
  readonly machine: string | null;
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

/** Those whose owners live; the others are cleared away. */
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

/** What a list of machines says of sandboxes: they are called as from their start on, and stopped ones are among them. */
export async function withIdle(machines: readonly SandboxInfo[]): Promise<SandboxInfo[]> {
  const records = await listIdleRecords();
  const stopped = records.filter(({ machine }) => machine === null);
  const called = machines.map((info) => {
    const record = records.find(({ machine }) => machine === info.id);
    return record === undefined ? info : { ...info, id: record.id };
  });
  // What is still there of one that is being stopped is no other.
  const running = called.filter(({ name }) => !stopped.some(({ state }) => state.name === name));
  return [...running, ...stopped.map(infoOf)];
}

/** @throws EnvironmentError `environment/name-taken` for the name of a stopped sandbox, which will want it again */
export async function checkNameIsFree(name: string): Promise<void> {
  const holder = (await listIdleRecords()).find(
    ({ machine, state }) => machine === null && state.name === name,
  );
  if (holder === undefined) return;
  const message = `The sandbox ${name} (${holder.id}) is stopped, and will be started again under this name`;
  throw new EnvironmentError("environment/name-taken", message, {
    hint: `Choose another name, or end its owner, the process ${holder.owner?.pid}.`,
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
