import { RpcClient } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { hostLog } from "./start-host.ts";

const answerMs = 5_000;

/** The last lines of the logs of interfaces. */
export async function readLogs(
  machine: Machine,
  { lines = 100, name }: { lines?: number | undefined; name?: string | undefined },
): Promise<string> {
  const { interfaces } = machine.state;
  const wanted = interfaces.filter((record) => name === undefined || record.name === name);
  if (name !== undefined && wanted.length === 0) {
    const served = interfaces.map((record) => record.name).join(", ");
    throw new EnvironmentError("environment/not-found", `The sandbox serves no interface ${name}`, {
      hint: served === "" ? "It serves none." : `It serves ${served}.`,
    });
  }
  const logs = await Promise.all(wanted.map((record) => lastLines(machine, record, lines)));
  if (logs.length === 1) return logs[0] ?? "";
  return logs.map((log, index) => `==> ${wanted[index]?.name} <==\n${log}`).join("\n\n");
}

async function lastLines(machine: Machine, record: InterfaceRecord, lines: number): Promise<string> {
  const { name, url, adminToken: token } = record;
  try {
    await using client = await RpcClient.connect({ url, token, timeoutMs: answerMs });
    return (await client.logs({ lines, timeoutMs: answerMs })).trimEnd();
  } catch {
    // Its host is gone, and has left the file.
    const text = new TextDecoder().decode(await machine.readFile(hostLog(name)));
    return text.trimEnd().split("\n").slice(-lines).join("\n");
  }
}
