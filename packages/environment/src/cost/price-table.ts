import type { Backend } from "@seer/config";
import type { MeteredResources } from "../runtime/meter.ts";

/** Prices of one backend, in US dollars per hour. */
export interface BackendPrices {
  /** By the name in `gpuTable`. */
  readonly gpus: Readonly<Record<string, number>>;
  /** Base price of an instance. */
  readonly sandbox: number;
  readonly cpuCore: number;
  readonly memoryGiB: number;
  /** Assumed usage of CPU cores and memory, which are billed by usage. */
  readonly used: { readonly withGpu: Usage; readonly withoutGpu: Usage; readonly forWeights: Usage };
}

interface Usage {
  readonly cores: number;
  readonly memoryGiB: number;
}

export type Prices = Readonly<Record<Backend, BackendPrices>> & {
  /** Date and source of the prices. */
  readonly date: string;
  readonly source: string;
};

const perHour = (usdPerSecond: number) => Number((usdPerSecond * 3600).toFixed(4));
const used = {
  withGpu: { cores: 1, memoryGiB: 8 },
  withoutGpu: { cores: 1, memoryGiB: 2 },
  // The reservation in `create-sandbox.ts`.
  forWeights: { cores: 2, memoryGiB: 4 },
};

/** List prices, which `$SEER_HOME/prices.json` overrides. */
export const priceTable: Prices = {
  date: "2026-10-08",
  source: "modal.com/pricing",
  local: { gpus: {}, sandbox: 0, cpuCore: 0, memoryGiB: 0, used },
  modal: {
    // Modal lists prices per second.
    gpus: {
      T4: perHour(0.000164),
      L4: perHour(0.000222),
      A10G: perHour(0.000306),
      L40S: perHour(0.000542),
      A100: perHour(0.000583),
      "A100-40GB": perHour(0.000583),
      "A100-80GB": perHour(0.000694),
      "RTX-PRO-6000": perHour(0.000842),
      H100: perHour(0.001097),
      "H100!": perHour(0.001097),
      H200: perHour(0.001261),
      B200: perHour(0.001736),
    },
    sandbox: 0,
    // The price for sandboxes, three times that for functions.
    cpuCore: perHour(0.00003942),
    memoryGiB: perHour(0.00000672),
    used,
  },
};

/** The price of an instance, in US dollars per hour. */
export interface Rate {
  readonly usdPerHour: number;
  /** The cost of the GPUs. */
  readonly gpuUsdPerHour: number;
}

/** Computes the price of an instance. GPUs are billed by time; the rest is billed by usage and estimated. */
export function rateOf({ purpose, gpu, gpuCount }: MeteredResources, prices: BackendPrices): Rate {
  const gpuUsdPerHour = gpu === null ? 0 : (prices.gpus[gpu] ?? 0) * gpuCount;
  const { forWeights, withGpu, withoutGpu } = prices.used;
  const { cores, memoryGiB } = purpose === "weights" ? forWeights : gpu === null ? withoutGpu : withGpu;
  const rest = prices.sandbox + cores * prices.cpuCore + memoryGiB * prices.memoryGiB;
  return { gpuUsdPerHour, usdPerHour: gpuUsdPerHour + rest };
}
