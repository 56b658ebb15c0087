import { EnvironmentError } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { Budget } from "./budget.ts";
import { instanceText, priceLine } from "./price-line.ts";
import { readPrices } from "./read-prices.ts";
import { resourcesOf, Spending } from "./spending.ts";

/** The expected cost of a sandbox. */
export interface CostEstimate {
  readonly usdPerHour: number;
  /** The cost of the GPUs, billed by time. The rest is billed by usage and estimated. */
  readonly gpuUsdPerHour: number;
  /** Running time until the timeout or the end of the budget, and its cost; null without a limit. */
  readonly limitMs: number | null;
  readonly mostUsd: number | null;
  readonly budgetUsd: number | null;
  /** Date and source of the prices. */
  readonly prices: { readonly date: string; readonly source: string };
  /** The estimate as one line of text. */
  readonly text: string;
}

/** Also returns the reason if the budget is too small for a start. */
export async function estimateCost(
  plan: Plan,
  budgetUsd: number | undefined,
): Promise<CostEstimate & { refusal: string | undefined }> {
  const { date, source, ...prices } = await readPrices();
  const spending = new Spending(prices[plan.backend]);
  const instance = resourcesOf(plan);
  const rate = spending.rateOf(instance);
  const description = instanceText(instance, plan.backend);
  const timeoutMs = plan.steps.find((step) => step.kind === "instance")?.timeoutMs;
  let affordableMs = Number.POSITIVE_INFINITY;
  let refusal: string | undefined;
  try {
    if (budgetUsd !== undefined && rate.usdPerHour > 0) {
      affordableMs = new Budget(budgetUsd, spending, () => {}).affordableMs(rate.usdPerHour, description);
    }
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    refusal = `${error.message}. ${error.hint}`;
  }
  const limitMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, affordableMs);
  const hasLimit = limitMs !== Number.POSITIVE_INFINITY;
  return {
    ...rate,
    limitMs: hasLimit ? limitMs : null,
    mostUsd: rate.usdPerHour === 0 ? 0 : hasLimit ? (limitMs / 3_600_000) * rate.usdPerHour : null,
    budgetUsd: budgetUsd ?? null,
    prices: { date, source },
    text:
      rate.usdPerHour === 0
        ? `nothing (${description})`
        : priceLine(description, rate, { timeoutMs, leftUsd: refusal === undefined ? budgetUsd : undefined }),
    refusal,
  };
}
