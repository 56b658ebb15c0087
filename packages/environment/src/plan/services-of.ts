import type { Plan, ServiceStep } from "./plan.ts";

/** The services that a plan starts. */
export function servicesOf(plan: Plan): ServiceStep["service"][] {
  return plan.steps.flatMap((step) => (step.kind === "service" ? [step.service] : []));
}
