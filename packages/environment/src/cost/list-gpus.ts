import { type Backend, backendSchema } from "@seer/config";
import { gpuTable } from "../plan/gpu-table.ts";
import { readPrices } from "./read-prices.ts";

/** A kind of GPU, with its prices and limits. */
export interface GpuInfo {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly memoryGiB: number;
  /** Suitable model sizes: `20B to 34B`. */
  readonly goodFor: string;
  /** Maximum number per instance on Modal; 0 if Modal does not offer it. */
  readonly mostOnModal: number;
  /** Price in US dollars per hour by backend; only known prices. */
  readonly usdPerHour: Readonly<Partial<Record<Backend, number>>>;
}

export interface GpuList {
  readonly gpus: readonly GpuInfo[];
  /** Date and source of the prices. */
  readonly prices: { readonly date: string; readonly source: string };
}

/**
 * Lists all supported GPUs, from small to large.
 *
 * @throws SeerError `config/invalid` or `config/unreadable` if `$SEER_HOME/prices.json` is not valid
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
