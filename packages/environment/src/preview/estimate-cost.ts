import { EnvironmentError } from "../errors.ts";
import { Budget } from "../ledger/budget.ts";
import { machineOf } from "../ledger/machine-of.ts";
import { machineText, priceLine } from "../ledger/price-line.ts";
import { Spending } from "../ledger/spending.ts";
import type { Plan } from "../plan/plan.ts";
import { readPrices } from "../prices/read-prices.ts";

/** What a sandbox would cost. */
export interface CostEstimate {
  readonly usdPerHour: number;
  /** The GPUs' part of it, which is billed by time; the rest is billed by use, and estimated. */
  readonly gpuUsdPerHour: number;
  /** How long it may live, for its time and its budget, and what that comes to. */
  readonly limitMs: number;
  readonly mostUsd: number;
  readonly budgetUsd: number | null;
  /** As of when the prices are, and who says so. */
  readonly prices: { readonly date: string; readonly source: string };
  /** All of it in a line to read. */
  readonly text: string;
}

/** Also why its budget would be refused. */
export async function estimateCost(
  plan: Plan,
  budgetUsd: number | undefined,
): Promise<CostEstimate & { refusal: string | undefined }> {
  const { date, source, ...prices } = await readPrices();
  const spending = new Spending(prices[plan.backend]);
  const machine = machineOf(plan);
  const rate = spending.rateOf(machine);
  const what = machineText(machine, plan.backend);
  const timeoutMs = plan.steps.find((step) => step.kind === "machine")?.timeoutMs ?? 0;
  let affordableMs = Number.POSITIVE_INFINITY;
  let refusal: string | undefined;
  try {
    if (budgetUsd !== undefined && rate.usdPerHour > 0) {
      affordableMs = new Budget(budgetUsd, spending, () => {}).affordableMs(rate.usdPerHour, what);
    }
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    refusal = `${error.message}. ${error.hint}`;
  }
  const limitMs = Math.min(timeoutMs, affordableMs);
  return {
    ...rate,
    limitMs,
    mostUsd: (limitMs / 3_600_000) * rate.usdPerHour,
    budgetUsd: budgetUsd ?? null,
    prices: { date, source },
    text:
      rate.usdPerHour === 0
        ? `nothing (${what})`
        : priceLine(what, rate, { timeoutMs, leftUsd: refusal === undefined ? budgetUsd : undefined }),
    refusal,
  };
}
