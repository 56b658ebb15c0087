import type { Backend } from "@seer/config";

/** What one backend's machines cost, in US dollars an hour. */
export interface BackendPrices {
  /** For each GPU, by the name that `gpuTable` has. */
  readonly gpus: Readonly<Record<string, number>>;
  /** For a machine as such. */
  readonly sandbox: number;
  readonly cpuCore: number;
  readonly memoryGiB: number;
  /** What a machine is taken to use of the latter two, which are billed by use. */
  readonly used: { readonly withGpu: Used; readonly withoutGpu: Used; readonly forWeights: Used };
}

interface Used {
  readonly cores: number;
  readonly memoryGiB: number;
}

export type Prices = Readonly<Record<Backend, BackendPrices>> & {
  /** As of when they are, and who says so. */
  readonly date: string;
  readonly source: string;
};

const perHour = (usdPerSecond: number) => Number((usdPerSecond * 3600).toFixed(4));
const used = {
  withGpu: { cores: 1, memoryGiB: 8 },
  withoutGpu: { cores: 1, memoryGiB: 2 },
  // What is reserved for it.
  forWeights: { cores: 2, memoryGiB: 4 },
};

/** List prices. They change: `$SEER_HOME/prices.json` has precedence. */
export const priceTable: Prices = {
  date: "2026-10-08",
  source: "modal.com/pricing",
  local: { gpus: {}, sandbox: 0, cpuCore: 0, memoryGiB: 0, used },
  modal: {
    // As Modal lists them: by the second.
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
    // Of sandboxes, which is three times that of functions.
    cpuCore: perHour(0.00003942),
    memoryGiB: perHour(0.00000672),
    used,
  },
};
