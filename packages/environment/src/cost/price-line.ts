import type { Backend } from "@seer/config";
import { formatDollars, formatDuration } from "@seer/config";
import type { MeteredInstance } from "../runtime/meter.ts";
import type { Rate } from "./price-table.ts";
import { timeFor } from "./spending.ts";

/** Describes an instance: `1 × A100-80GB on Modal`. */
export function instanceText(
  { gpu, gpuCount }: Pick<MeteredInstance, "gpu" | "gpuCount">,
  backend: Backend,
): string {
  return `${gpu === null ? "CPU only" : `${gpuCount} × ${gpu}`} on ${backend === "modal" ? "Modal" : "this machine"}`;
}

export interface Limits {
  /** Undefined without a time limit. */
  readonly timeoutMs?: number | undefined;
  /** Rest of the budget; undefined without one. */
  readonly leftUsd?: number | undefined;
}

/** The price of an instance per hour, and its maximum cost. */
export function priceLine(description: string, rate: Rate, { timeoutMs, leftUsd }: Limits): string {
  const budgetMs = leftUsd === undefined ? Number.POSITIVE_INFINITY : timeFor(leftUsd, rate.usdPerHour);
  const limitMs = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, budgetMs);
  const isAllGpu = rate.gpuUsdPerHour === rate.usdPerHour;
  const gpu = rate.gpuUsdPerHour === 0 || isAllGpu ? "" : ` (${formatDollars(rate.gpuUsdPerHour)} of it GPU)`;
  const hourly = `${description}: ${isAllGpu ? "" : "about "}${formatDollars(rate.usdPerHour)} an hour${gpu}`;
  if (limitMs === Number.POSITIVE_INFINITY) return `${hourly}, without a limit`;
  const most = formatDollars((limitMs / 3_600_000) * rate.usdPerHour);
  const reason = limitMs === timeoutMs ? "" : ", when the budget is spent";
  return `${hourly}, at most ${most} in ${formatDuration(limitMs)}${reason}`;
}
