import { fitWarning } from "../gpus/fit.ts";
import type { Plan } from "../plan/plan.ts";
import { type CostEstimate, estimateCost } from "./estimate-cost.ts";
import { type Fetch, findFetches } from "./find-fetches.ts";

/** What is known of a plan before anything of it is done. */
export interface PlanPreview {
  readonly cost: CostEstimate;
  /** What it needs from elsewhere, and whether that is on this machine already. */
  readonly fetches: readonly Fetch[];
  /** What will, or is likely to, go wrong. */
  readonly warnings: readonly string[];
}

/**
 * Looks ahead: what the plan would cost, fetch and run into. It asks nobody but this machine.
 *
 * @throws SeerError `config/invalid` or `config/unreadable` when the researcher's own prices cannot be used
 */
export async function previewPlan(
  plan: Plan,
  { budgetUsd }: { budgetUsd?: number | undefined } = {},
): Promise<PlanPreview> {
  const [{ refusal, ...cost }, fetches, doesNotFit] = await Promise.all([
    estimateCost(plan, budgetUsd),
    findFetches(plan),
    fitWarning(plan),
  ]);
  const warnings = [refusal, doesNotFit?.replace(/^Warning: /, "")].filter((line) => line !== undefined);
  return { cost, fetches, warnings };
}
