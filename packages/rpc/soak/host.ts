import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  return Math.round(Number(match?.[1] ?? 0) / 102.4) / 10;
}
