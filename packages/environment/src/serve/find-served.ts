import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ServedInterface } from "@seer/rpc";
import type { Machine } from "../backends/backend.ts";
import { interfaceName } from "./check-interface.ts";

/** What is already served under this name from this very file, so that another form of it shares its models and state. */
export async function findServed(
  machine: Machine,
  served: readonly ServedInterface[],
  { file, name }: { file: string; name: string | undefined },
): Promise<ServedInterface | undefined> {
  const wanted = interfaceName(file, name);
  const record = machine.state.interfaces.find(
    (other) => other.name === wanted && other.source === resolve(file),
  );
  if (record === undefined) return undefined;
  // A file that was changed since then is another one, whose name is taken.
  const [now, then] = await Promise.all([readFile(file), machine.readFile(record.file)]).catch(() => []);
  if (now === undefined || then === undefined || Buffer.compare(now, then) !== 0) return undefined;
  return served.find((other) => other.name === wanted);
}
