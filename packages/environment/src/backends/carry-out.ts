import type { Plan, PlanStep } from "../plan/plan.ts";

/** What a backend does for each kind of step. */
export type StepHandlers = {
  readonly [Kind in PlanStep["kind"]]: (step: Extract<PlanStep, { kind: Kind }>) => Promise<void>;
};

/** Does the steps of a plan one after the other; handlers report what of it is worth a line. */
export async function carryOut(
  plan: Plan,
  handlers: StepHandlers,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<void> {
  for (const step of plan.steps) {
    signal?.throwIfAborted();
    // The kind decides the handler's parameter, which the compiler cannot follow through the union.
    const handle = handlers[step.kind] as (step: PlanStep) => Promise<void>;
    await handle(step);
  }
  signal?.throwIfAborted();
}
