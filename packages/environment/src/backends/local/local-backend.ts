import { EnvironmentError } from "../../errors.ts";
import type { Backend, Machine } from "../backend.ts";
import { idOfName } from "./claim-name.ts";
import { listSandboxes } from "./list-sandboxes.ts";
import { LocalMachine } from "./local-machine.ts";
import { isRecordAlive, readRecord } from "./record.ts";
import { removeFiles } from "./snapshot/take.ts";
import { startSandbox } from "./start-sandbox.ts";

/** Sandboxes on this machine: each one a directory and a tree of processes, isolated by bubblewrap where it works. */
export const localBackend: Backend = {
  name: "local",
  start: startSandbox,
  attach,
  list: listSandboxes,
  removeSnapshot: removeFiles,
};

async function attach(idOrName: string): Promise<Machine> {
  const record = (await recordOf(idOrName)) ?? (await recordOf(await idOfName(idOrName)));
  if (record !== undefined && isRecordAlive(record) && !record.furnished) {
    throw new EnvironmentError("environment/not-found", `The sandbox ${idOrName} is still being started`, {
      hint: `It can be taken up when that is over, and ends with the process ${record.owner?.pid} if that ends before.`,
    });
  }
  if (record?.processes === undefined || !isRecordAlive(record)) {
    const running = (await listSandboxes()).map(({ id, name }) => (id === name ? id : `${name} (${id})`));
    throw new EnvironmentError("environment/not-found", `No sandbox ${idOrName} is running on this machine`, {
      hint: running.length === 0 ? "None is." : `Running: ${running.join(", ")}.`,
    });
  }
  return await LocalMachine.takeUp(record, record.processes);
}

async function recordOf(id: string | undefined) {
  // What is asked for may be any text, and becomes a path.
  return id !== undefined && /^sb-[a-z0-9]+$/.test(id) ? await readRecord(id) : undefined;
}
