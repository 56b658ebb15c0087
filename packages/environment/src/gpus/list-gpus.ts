import { type Backend, backendSchema } from "@seer/config";
import { readPrices } from "../prices/read-prices.ts";
import { gpuTable } from "./gpu-table.ts";

/** A kind of GPU, with where it can be had and for what. */
export interface GpuInfo {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly memoryGiB: number;
  /** For which models, in a few words. */
  readonly goodFor: string;
  /** How many one machine on Modal can have; 0 where Modal has none. */
  readonly mostOnModal: number;
  /** US dollars an hour for one, by backend, as far as there is a price. */
  readonly usdPerHour: Readonly<Partial<Record<Backend, number>>>;
}

export interface GpuList {
  readonly gpus: readonly GpuInfo[];
  /** As of when the prices are, and who says so. */
  readonly prices: { readonly date: string; readonly source: string };
}

/**
 * All GPUs that a configuration can name, from small to large.
 *
 * @throws SeerError `config/invalid` or `config/unreadable` when the researcher's own prices cannot be used
 */
export async function listGpus(): Promise<GpuList> {
  const { date, source, ...prices } = await readPrices();
  const gpus = gpuTable.map(({ name, aliases, memoryGiB, goodFor, modal }) => ({
    name,
    aliases,
    memoryGiB,
    goodFor,
    mostOnModal: modal?.most ?? 0,
    usdPerHour: Object.fromEntries(
      backendSchema.options.flatMap((backend) => {
        const usd = prices[backend].gpus[name];
        return usd === undefined ? [] : [[backend, usd] as const];
      }),
    ),
  }));
  return { gpus, prices: { date, source } };
}
