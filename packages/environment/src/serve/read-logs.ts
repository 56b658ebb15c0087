import { raceSignal } from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { EnvironmentError } from "../errors.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceRecord } from "../runtime/sandbox-state.ts";
import { followLog, type LogLine } from "./follow-log.ts";
import { hostLog } from "./start-host.ts";

const requestTimeoutMs = 5_000;

/** Returns the last lines of the interfaces' logs. */
export async function readLogs(
  instance: SandboxInstance,
  { lines = 100, name }: { lines?: number | undefined; name?: string | undefined },
): Promise<string> {
  const { interfaces } = instance.state;
  const wanted = interfaces.filter((record) => name === undefined || record.name === name);
  const logs = wanted.map(
    async (record): Promise<[string, string]> => [record.name, await lastLines(instance, record, lines)],
  );
  const served = interfaces.map((record) => record.name);
  return showLogs(new Map(await Promise.all(logs)), { lines, name, served });
}

/** Formats the last lines of logs, given by interface name. */
export function showLogs(
  logs: ReadonlyMap<string, string>,
  { lines = 100, name, served = [...logs.keys()] }: ShowLogsOptions,
): string {
  if (name !== undefined && !served.includes(name)) throw notServed(name, served);
  const wanted = [...logs]
    .filter(([other]) => name === undefined || other === name)
    .map(([other, log]) => [other, log.split("\n").slice(-lines).join("\n")] as const);
  if (wanted.length === 1) return wanted[0]?.[1] ?? "";
  return wanted.map(([other, log]) => `==> ${other} <==\n${log}`).join("\n\n");
}

export interface FollowLogsOptions {
  name?: string | undefined;
  /** Number of existing lines to start with. */
  lines: number;
  onLine: (line: LogLine & { name: string }) => void;
  signal?: AbortSignal | undefined;
}

/** Reports new lines of the interfaces' logs until the instance ends. */
export async function followLogs(
  instance: SandboxInstance,
  { name: wanted, lines, onLine, signal }: FollowLogsOptions,
): Promise<void> {
  const served = instance.state.interfaces.map(({ name }) => name);
  if (wanted !== undefined && !served.includes(wanted)) throw notServed(wanted, served);
  const names = wanted === undefined ? served : [wanted];
  const following = names.map(async (name) => {
    using log = await followLog(instance, { name, lines, onLine: (line) => onLine({ ...line, name }) });
    await raceSignal(log.ended, signal);
  });
  try {
    await Promise.all(following);
  } catch (error) {
    if (!EnvironmentError.isInstance(error) || error.code !== "environment/ended") throw error;
  }
}

interface ShowLogsOptions {
  lines?: number | undefined;
  name?: string | undefined;
  served?: readonly string[] | undefined;
}

function notServed(name: string, served: readonly string[]): EnvironmentError {
  return new EnvironmentError("environment/not-found", `The sandbox serves no interface called ${name}`, {
    hint: served.length === 0 ? "It serves no interfaces." : `It serves ${served.join(", ")}.`,
  });
}

async function lastLines(instance: SandboxInstance, record: InterfaceRecord, lines: number): Promise<string> {
  const { name, url, adminToken: token } = record;
  try {
    await using client = await RpcClient.connect({ url, token, timeoutMs: requestTimeoutMs });
    return (await client.logs({ lines, timeoutMs: requestTimeoutMs })).trimEnd();
  } catch {
    // The host has ended; its log file remains.
    const text = new TextDecoder().decode(await instance.readFile(hostLog(name)));
    return text.trimEnd().split("\n").slice(-lines).join("\n");
  }
}
