import type { Progress } from "@seer/config";
import type { Machine, ServiceRecord } from "../backends/backend.ts";
import type { ServiceStep } from "../plan/plan.ts";
import { startCodeServer } from "./start-code-server.ts";
import { startJupyter } from "./start-jupyter.ts";

export interface ServiceOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** The path of the program code-server in the sandbox, where Seer has not installed it. */
  codeServer?: string | undefined;
}

/**
 * Starts a server of a sandbox for people and tools, on any backend.
 *
 * @throws EnvironmentError `environment/service-failed`
 */
export async function startService(
  machine: Machine,
  service: ServiceStep["service"],
  options: ServiceOptions,
): Promise<ServiceRecord> {
  return service === "jupyter"
    ? await startJupyter(machine, options)
    : await startCodeServer(machine, options);
}
