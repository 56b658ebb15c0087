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
  const logs = wanted.map(
    async (record): Promise<[string, string]> => [record.name, await lastLines(machine, record, lines)],
  );
  const served = interfaces.map((record) => record.name);
  return showLogs(new Map(await Promise.all(logs)), { lines, name, served });
}

/** The last lines of logs, by the names of their interfaces. */
export function showLogs(
  logs: ReadonlyMap<string, string>,
  { lines = 100, name, served = [...logs.keys()] }: LogsShown,
): string {
  if (name !== undefined && !served.includes(name)) {
    throw new EnvironmentError("environment/not-found", `The sandbox serves no interface ${name}`, {
      hint: served.length === 0 ? "It serves none." : `It serves ${served.join(", ")}.`,
    });
  }
  const wanted = [...logs]
    .filter(([other]) => name === undefined || other === name)
    .map(([other, log]) => [other, log.split("\n").slice(-lines).join("\n")] as const);
  if (wanted.length === 1) return wanted[0]?.[1] ?? "";
  return wanted.map(([other, log]) => `==> ${other} <==\n${log}`).join("\n\n");
}

interface LogsShown {
  lines?: number | undefined;
  name?: string | undefined;
  served?: readonly string[] | undefined;
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
