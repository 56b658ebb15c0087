import { EnvironmentError } from "../../errors.ts";
import type { Backend } from "../backend.ts";

/** Sandboxes on Modal. */
export const modalBackend: Backend = {
  name: "modal",
  start: unavailable,
  attach: unavailable,
  list: async () => [],
  removeSnapshot: unavailable,
};

async function unavailable(): Promise<never> {
  throw new EnvironmentError(
    "environment/backend-unavailable",
    "The modal backend comes with a later release",
    {
      hint: 'Use `backend: "local"`, which is the default, and unset SEER_BACKEND.',
    },
  );
}
