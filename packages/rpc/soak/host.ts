import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { HostLimits, LaunchedHost } from "../src/launch/index.ts";
import { startHost } from "../test/fixtures/real-host.ts";

const file = fileURLToPath(new URL("fixtures/interface.py", import.meta.url));

/** Starts a host for the long runs' interface. */
export async function startSoakHost(limits: HostLimits = {}): Promise<LaunchedHost> {
  return await startHost({ file, limits });
}

/** The resident memory of a process in MiB. */
export function residentMib(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return toMib(Number(match?.[1] ?? 0) * 1024);
}

/** What this process holds on to in MiB: V8 keeps garbage for as long as memory is cheap, so that does not count. */
export function heldMib(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return toMib(heapUsed + external);
}

function toMib(bytes: number): number {
  return Math.round((bytes / 2 ** 20) * 10) / 10;
}
