import type { Plan, PlanStep, ServiceStep } from "../plan/plan.ts";
import type { BackendStartOptions } from "./backend.ts";

type BackendStep = Exclude<PlanStep, ServiceStep>;

/** How a backend executes each kind of step. */
export type StepHandlers = {
  readonly [Kind in BackendStep["kind"]]: (step: Extract<BackendStep, { kind: Kind }>) => Promise<void>;
};

/** Descriptions that name no model, file or secret, since agents may see them. */
const stepNames: { readonly [Kind in BackendStep["kind"]]: string } = {
  gpu: "choosing GPUs",
  "system-packages": "checking system packages",
  model: "preparing the models",
  python: "installing Python packages",
  instance: "starting the instance",
  repository: "cloning repositories",
  directory: "copying directories",
  file: "copying files",
  workspace: "installing the workspace",
};

/** Executes the steps of a plan in order, except its services, which are started after the backend is done. */
export async function executePlan(
  plan: Plan,
  handlers: StepHandlers,
  { signal, onStep }: Pick<BackendStartOptions, "signal" | "onStep">,
): Promise<void> {
  for (const step of plan.steps) {
    if (step.kind === "service") continue;
    signal?.throwIfAborted();
    // TypeScript cannot tell that the handler matches the step.
    const handle = handlers[step.kind] as (step: BackendStep) => Promise<void>;
    onStep?.(stepNames[step.kind]);
    await handle(step);
  }
  signal?.throwIfAborted();
}
