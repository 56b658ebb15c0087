import type { Machine } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { hostLog } from "./start-host.ts";

/** The last lines of the logs of interfaces, which are there even when their hosts are not. */
export async function readLogs(
  machine: Machine,
  { lines = 100, name }: { lines?: number | undefined; name?: string | undefined },
): Promise<string> {
  const served = machine.state.interfaces.map((record) => record.name);
  if (name !== undefined && !served.includes(name)) {
    throw new EnvironmentError("environment/not-found", `The sandbox serves no interface ${name}`, {
      hint: served.length === 0 ? "It serves none." : `It serves ${served.join(", ")}.`,
    });
  }
  const wanted = name === undefined ? served : [name];
  const logs = await Promise.all(wanted.map((one) => lastLines(machine, one, lines)));
  if (logs.length === 1) return logs[0] ?? "";
  return logs.map((log, index) => `==> ${wanted[index]} <==\n${log}`).join("\n\n");
}

async function lastLines(machine: Machine, name: string, lines: number): Promise<string> {
  const text = new TextDecoder().decode(await machine.readFile(hostLog(name)));
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
