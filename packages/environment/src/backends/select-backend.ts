import type { Backend as BackendName } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { Backend } from "../runtime/backend.ts";
import { forgetOtherConfigs } from "../runtime/kept-config.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { SandboxInfo } from "../runtime/sandbox-state.ts";

/** All backends. */
const availableBackends = ["local", "modal"] as const satisfies readonly BackendName[];

/** Loads each backend at its first use. */
export async function selectBackend(name: BackendName): Promise<Backend> {
  if (name === "local") return (await import("./local/local-backend.ts")).localBackend;
  return (await import("./modal/modal-backend.ts")).modalBackend;
}

/**
 * Attaches to a running sandbox on any backend.
 *
 * @throws EnvironmentError `environment/not-found`
 */
export async function attachInstance(idOrName: string): Promise<SandboxInstance> {
  const errors: unknown[] = [];
  for (const name of availableBackends) {
    try {
      return await (await selectBackend(name)).attach(idOrName);
    } catch (error) {
      errors.push(error);
    }
  }
  // Prefer the error of an unreachable backend, which may run the sandbox.
  throw errors.find((error) => !isNotFound(error)) ?? errors[0];
}

function isNotFound(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/not-found";
}

export interface ListOptions {
  /** Called for a backend that cannot be reached; if omitted, that is an error. */
  onUnreachable?: ((backend: BackendName, error: Error) => void) | undefined;
}

/** Lists the sandboxes of all backends. */
export async function listAll({ onUnreachable }: ListOptions = {}): Promise<SandboxInfo[]> {
  const lists = availableBackends.map(async (name) => {
    const asked = Date.now();
    try {
      const running = await (await selectBackend(name)).list();
      await forgetOtherConfigs(name, running, asked);
      return running;
    } catch (error) {
      if (onUnreachable === undefined || !(error instanceof Error)) throw error;
      onUnreachable(name, error);
      return [];
    }
  });
  return (await Promise.all(lists)).flat();
}
