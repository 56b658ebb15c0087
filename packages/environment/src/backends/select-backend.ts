import type { Backend as BackendName } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { Backend, Machine } from "./backend.ts";

/** The backends that this version has; each is loaded when it is first used. */
export const availableBackends = ["local"] as const satisfies readonly BackendName[];

/** @throws EnvironmentError `environment/backend-unavailable` */
export async function selectBackend(name: BackendName): Promise<Backend> {
  if (name === "local") return (await import("./local/local-backend.ts")).localBackend;
  throw new EnvironmentError(
    "environment/backend-unavailable",
    `The ${name} backend comes with a later release; this one runs sandboxes on this machine`,
    { hint: 'Use `backend: "local"`, which is the default, and unset SEER_BACKEND.' },
  );
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
