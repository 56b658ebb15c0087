import type { Backend as BackendName } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { forgetOtherConfigs } from "../snapshots/kept-config.ts";
import type { Backend, Machine, SandboxInfo } from "./backend.ts";

/** The backends that there are. */
const availableBackends = ["local", "modal"] as const satisfies readonly BackendName[];

/** Each is loaded when it is first used. */
export async function selectBackend(name: BackendName): Promise<Backend> {
  if (name === "local") return (await import("./local/local-backend.ts")).localBackend;
  return (await import("./modal/modal-backend.ts")).modalBackend;
}

/**
 * Takes up a running sandbox, wherever it runs.
 *
 * @throws EnvironmentError `environment/not-found`
 */
export async function attachMachine(idOrName: string): Promise<Machine> {
  const errors: unknown[] = [];
  for (const name of availableBackends) {
    try {
      return await (await selectBackend(name)).attach(idOrName);
    } catch (error) {
      errors.push(error);
    }
  }
  // One that could not be asked may have it.
  throw errors.find((error) => !isNotFound(error)) ?? errors[0];
}

function isNotFound(error: unknown): boolean {
  return EnvironmentError.isInstance(error) && error.code === "environment/not-found";
}

export interface ListOptions {
  /** Told of a backend that cannot be asked; without it, that is an error. */
  onUnreachable?: ((backend: BackendName, error: Error) => void) | undefined;
}

/** The sandboxes of all backends. */
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
