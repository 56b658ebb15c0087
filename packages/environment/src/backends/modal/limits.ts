import { EnvironmentError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";

/** The longest that Modal lets a sandbox live. */
export const longestMs = 24 * 60 * 60_000;

/** @throws EnvironmentError `environment/unsupported` for what Modal does not do */
export function checkLimits(plan: Plan): void {
  for (const step of plan.steps) {
    if (step.kind !== "machine" || step.timeoutMs <= longestMs) continue;
    throw new EnvironmentError(
      "environment/unsupported",
      `\`timeoutMs\` is ${step.timeoutMs}, and a sandbox on Modal lives for at most 24 hours (${longestMs})`,
      { hint: "Ask for less, and take a snapshot to go on from." },
    );
  }
}
