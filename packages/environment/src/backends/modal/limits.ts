import { EnvironmentError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";

/** Modal's maximum sandbox lifetime. */
export const maxLifetimeMs = 24 * 60 * 60_000;

/** @throws EnvironmentError `environment/unsupported` if the plan exceeds Modal's limits */
export function checkLimits(plan: Plan): void {
  for (const step of plan.steps) {
    if (step.kind !== "instance" || (step.timeoutMs ?? 0) <= maxLifetimeMs) continue;
    throw new EnvironmentError(
      "environment/unsupported",
      `\`timeoutMs\` is ${step.timeoutMs}, but a sandbox on Modal can run for at most 24 hours (${maxLifetimeMs})`,
      { hint: "Use a shorter `timeoutMs`, and take a snapshot to continue from." },
    );
  }
}

const firstPort = 8800;
const portCount = 12;

/** Ports that Modal exposes; they must be declared at creation. */
export const ports: readonly number[] = Array.from({ length: portCount }, (_, index) => firstPort + index);
