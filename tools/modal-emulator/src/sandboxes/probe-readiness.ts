import type { ReadinessProbe } from "./sandbox-definition.ts";

export interface ProbeTools {
  /** Whether something listens on a port inside. */
  listens: (port: number) => Promise<boolean>;
  /** A command's exit code. */
  run: (command: string[]) => Promise<number>;
  signal: AbortSignal;
}

/** Probes again and again until the sandbox is ready or over. */
export async function probeReadiness(probe: ReadinessProbe, tools: ProbeTools): Promise<boolean> {
  while (!tools.signal.aborted) {
    const ready =
      probe.tcpPort === undefined
        ? (await tools.run(probe.command ?? [])) === 0
        : await tools.listens(probe.tcpPort);
    if (ready) return true;
    await new Promise((resolve) => setTimeout(resolve, probe.intervalMs));
  }
  return false;
}
