import type { MeteredMachine } from "../backends/backend.ts";
import type { BackendPrices } from "./price-table.ts";

/** What a machine costs, in US dollars an hour. */
export interface Rate {
  readonly usdPerHour: number;
  /** The GPUs' part of it. */
  readonly gpuUsdPerHour: number;
}

/** What a machine costs. Its GPUs are billed by time; for the rest, which is billed by use, it is an estimate. */
export function rateOf({ purpose, gpu, gpuCount }: Omit<MeteredMachine, "id">, prices: BackendPrices): Rate {
  const gpuUsdPerHour = gpu === null ? 0 : (prices.gpus[gpu] ?? 0) * gpuCount;
  const { forWeights, withGpu, withoutGpu } = prices.used;
  const { cores, memoryGiB } = purpose === "weights" ? forWeights : gpu === null ? withoutGpu : withGpu;
  const rest = prices.sandbox + cores * prices.cpuCore + memoryGiB * prices.memoryGiB;
  return { gpuUsdPerHour, usdPerHour: gpuUsdPerHour + rest };
}
