import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../../this-machine/process-identity.ts";
import { writeAtomically } from "../../write-atomically.ts";
import type { SandboxState } from "../backend.ts";
import type { SandboxProcesses } from "./boot.ts";
import { sandboxDirectories } from "./home.ts";

/** What is kept of a sandbox on this machine, for other processes of this user: it holds the tokens of interfaces. */
export interface SandboxRecord {
  readonly version: 1;
  readonly owner: ProcessIdentity | undefined;
  /** Absent before it has a first process. */
  readonly processes?: SandboxProcesses | undefined;
  /** Whether everything of its plan is in place. */
  readonly furnished?: boolean | undefined;
  readonly paths: PathMap;
  /** Whether it has this machine's network; it has when absent. */
  readonly egress?: boolean | undefined;
  /** UUIDs of the GPUs that it has for itself. */
  readonly gpus?: readonly string[] | undefined;
  readonly state: SandboxState;
}

/** What a sandbox calls a directory, and what its processes do. They differ where nothing isolates them. */
export type PathMap = readonly (readonly [called: string, real: string])[];

export async function writeRecord(record: SandboxRecord): Promise<void> {
  await writeRecordTo(sandboxDirectories(record.state.id).root, record);
}

/** The same, where its directory is another one until it is complete. */
export async function writeRecordTo(directory: string, record: SandboxRecord): Promise<void> {
  await writeAtomically(join(directory, "sandbox.json"), `${JSON.stringify(record, null, 2)}\n`);
}

/** Undefined when there is no such sandbox, or its record was never finished. */
export async function readRecord(id: string): Promise<SandboxRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(sandboxDirectories(id).record, "utf8")) as SandboxRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the sandbox lives: its first process does, or, before there is one, whoever is starting it. */
export function isRecordAlive({ processes, owner }: SandboxRecord): boolean {
  const decisive = processes?.init ?? owner;
  return decisive !== undefined && isAlive(decisive);
}
