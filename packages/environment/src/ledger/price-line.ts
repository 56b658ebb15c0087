import type { Backend } from "@seer/config";
import type { MeteredMachine } from "../backends/backend.ts";
import type { Rate } from "../prices/rate-of.ts";
import { dollars, timeText } from "./amounts.ts";
import { timeFor } from "./spending.ts";

/** What a machine is, and where: `1 × A100-80GB on Modal`. */
export function machineText(
  { gpu, gpuCount }: Pick<MeteredMachine, "gpu" | "gpuCount">,
  backend: Backend,
): string {
  return `${gpu === null ? "CPU only" : `${gpuCount} × ${gpu}`} on ${backend === "modal" ? "Modal" : "this machine"}`;
}

export interface Limits {
  readonly timeoutMs: number;
  /** What is left of the budget; undefined without one. */
  readonly leftUsd?: number | undefined;
}

/** What a machine costs an hour, and what it can come to. */
export function priceLine(what: string, rate: Rate, { timeoutMs, leftUsd }: Limits): string {
  const budgetMs = leftUsd === undefined ? Number.POSITIVE_INFINITY : timeFor(leftUsd, rate.usdPerHour);
  const limitMs = Math.min(timeoutMs, budgetMs);
  const most = dollars((limitMs / 3_600_000) * rate.usdPerHour);
  const isAllGpu = rate.gpuUsdPerHour === rate.usdPerHour;
  const gpu = rate.gpuUsdPerHour === 0 || isAllGpu ? "" : ` (${dollars(rate.gpuUsdPerHour)} of it GPU)`;
  return (
    `${what}: ${isAllGpu ? "" : "about "}${dollars(rate.usdPerHour)} an hour${gpu}, ` +
    `at most ${most} in ${timeText(limitMs)}${limitMs < timeoutMs ? ", when the budget is spent" : ""}`
  );
}
