import { z } from "zod";

const usdPerHour = z.number().nonnegative();
const usedSchema = z.strictObject({ cores: z.number().nonnegative(), memoryGiB: z.number().nonnegative() });

const backendPricesSchema = z.strictObject({
  /** US dollars an hour for each GPU, by its name. */
  gpus: z.record(z.string(), usdPerHour).optional(),
  /** US dollars an hour for a sandbox as such. */
  sandbox: usdPerHour.optional(),
  /** US dollars an hour for a physical core, and for a GiB of memory. */
  cpuCore: usdPerHour.optional(),
  memoryGiB: usdPerHour.optional(),
  /** How many of them a sandbox is taken to use. */
  used: z
    .strictObject({
      withGpu: usedSchema.optional(),
      withoutGpu: usedSchema.optional(),
      /** The machine that fetches weights before there is a GPU. */
      forWeights: usedSchema.optional(),
    })
    .optional(),
});

/** What `$SEER_HOME/prices.json` may say; what it does not say is as in the table that comes with Seer. */
export const pricesConfigSchema = z.strictObject({
  /** As of when these prices are, as `2026-11-21`. */
  date: z.iso.date().optional(),
  local: backendPricesSchema.optional(),
  modal: backendPricesSchema.optional(),
});

export type PricesConfig = z.output<typeof pricesConfigSchema>;
