import type { Backend as BackendName } from "@seer/config";
import type { Backend, Machine } from "./backend.ts";

/** The backends that there are. */
export const availableBackends = ["local", "modal"] as const satisfies readonly BackendName[];

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
  throw errors[0];
}
