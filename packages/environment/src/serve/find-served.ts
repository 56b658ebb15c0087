import { readFile } from "node:fs/promises";
import { dirname, join, posix, resolve } from "node:path";
import type { ServedInterface } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";

/** What is already served under this name from this very file, so that another form of it shares its models and state. */
export async function findServed(
  machine: Machine,
  served: readonly ServedInterface[],
  { file, name }: { file: string; name: string },
): Promise<ServedInterface | undefined> {
  const record = machine.state.interfaces.find(
    (other) => other.name === name && other.source === resolve(file),
  );
  // A file that was changed since then is another one, whose name is taken.
  if (record === undefined || !(await isUnchanged(machine, record))) return undefined;
  return served.find((other) => other.name === name);
}

async function isUnchanged(machine: Machine, { source, file, files }: InterfaceRecord): Promise<boolean> {
  for (const uploaded of files) {
    const local = join(dirname(source), posix.relative(dirname(file), uploaded));
    const [now, then] = await Promise.all([readFile(local), machine.readFile(uploaded)]).catch(() => []);
    if (now === undefined || then === undefined || Buffer.compare(now, then) !== 0) return false;
  }
  return true;
}
