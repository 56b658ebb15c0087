import type { Plan, PlanStep } from "./plan.ts";

const filesOnly: ReadonlySet<PlanStep["kind"]> = new Set(["repository", "directory", "file", "workspace"]);

/** What is left to do of a plan when a sandbox begins with a snapshot, which has the files that it would place. */
export function remainingPlan(plan: Plan): Plan {
  return { ...plan, steps: plan.steps.filter((step) => !filesOnly.has(step.kind)) };
}
