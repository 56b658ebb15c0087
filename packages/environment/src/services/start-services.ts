import type { Progress } from "@seer/config";
import type { ServiceStep } from "../plan/plan.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { ServiceRecord } from "../runtime/sandbox-state.ts";
import { startCodeServer } from "./start-code-server.ts";
import { startJupyter } from "./start-jupyter.ts";

export interface ServiceOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
  /** Path of the code-server program in the sandbox, if Seer has not installed it. */
  codeServer?: string | undefined;
}

/**
 * Starts the services of a sandbox.
 *
 * @throws EnvironmentError `environment/service-failed`
 */
export async function startServices(
  instance: SandboxInstance,
  services: readonly ServiceStep["service"][],
  options: ServiceOptions,
): Promise<ServiceRecord[]> {
  const started: ServiceRecord[] = [];
  for (const service of services) {
    const start = service === "jupyter" ? startJupyter : startCodeServer;
    started.push(await start(instance, options));
  }
  return started;
}
