import { hasPythonEnvironment } from "@seer/system";
import type { ModelSource, ModelStep, Plan } from "../plan/plan.ts";
import { type CostEstimate, estimateCost } from "./estimate-cost.ts";
import { fitWarning } from "./fit.ts";
import { cachedModel, weightsSize } from "./weights-size.ts";

/** What is known about a plan before it is executed. */
export interface PlanPreview {
  readonly cost: CostEstimate;
  /** Downloads that it needs, and whether they are cached on this machine. */
  readonly fetches: readonly Fetch[];
  /** Expected problems. */
  readonly warnings: readonly string[];
}

/**
 * Estimates cost, downloads and problems of a plan, without using the network.
 *
 * @throws SeerError `config/invalid` or `config/unreadable` if `$SEER_HOME/prices.json` is not valid
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

/** Something that a local sandbox has to download. */
export interface Fetch {
  readonly what: string;
  /** Its size; null if unknown. */
  readonly bytes: number | null;
  /** Whether it is cached. Also true for a model whose download was interrupted. */
  readonly cached: boolean;
}

/** The downloads of a local start. Modal's cache is not known without a request. */
async function findFetches(plan: Plan): Promise<Fetch[]> {
  if (plan.backend !== "local") return [];
  const found = plan.steps.map(async (step) => {
    if (step.kind === "model") return await Promise.all(sourcesOf(step).map(model));
    if (step.kind !== "python" || step.packages.length === 0) return [];
    const what = `Python packages: ${step.packages.join(", ")}`;
    return [{ what, bytes: null, cached: await hasPythonEnvironment(step) }];
  });
  return (await Promise.all(found)).flat();
}

function sourcesOf({ source, adapter }: ModelStep): Extract<ModelSource, { from: "hub" }>[] {
  return [source, adapter?.base?.source].filter((one) => one?.from === "hub");
}

async function model(source: Extract<ModelSource, { from: "hub" }>): Promise<Fetch> {
  const cached = (await cachedModel(source.id, source.revision)) !== undefined;
  return { what: source.id, bytes: (await weightsSize(source)) ?? null, cached };
}
