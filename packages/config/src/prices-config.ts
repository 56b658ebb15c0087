import { z } from "zod";

const usdPerHour = z.number().nonnegative();
const usedSchema = z.strictObject({ cores: z.number().nonnegative(), memoryGiB: z.number().nonnegative() });

const backendPricesSchema = z.strictObject({
  /** US dollars per hour for a GPU, by GPU name. */
  gpus: z.record(z.string(), usdPerHour).optional(),
  /** US dollars per hour for a sandbox, in addition to its GPUs, cores and memory. */
  sandbox: usdPerHour.optional(),
  /** US dollars per hour for a physical core. */
  cpuCore: usdPerHour.optional(),
  /** US dollars per hour for a GiB of memory. */
  memoryGiB: usdPerHour.optional(),
  /** Assumed use of cores and memory. */
  used: z
    .strictObject({
      withGpu: usedSchema.optional(),
      withoutGpu: usedSchema.optional(),
      /** The machine that downloads weights before the GPU is requested. */
      forWeights: usedSchema.optional(),
    })
    .optional(),
});

/** The format of `$SEER_HOME/prices.json`. Missing keys default to Seer's own price table. */
export const pricesConfigSchema = z.strictObject({
  /** The date of the prices, such as `2026-11-21`. */
  date: z.iso.date().optional(),
  local: backendPricesSchema.optional(),
  modal: backendPricesSchema.optional(),
});

export type PricesConfig = z.output<typeof pricesConfigSchema>;
