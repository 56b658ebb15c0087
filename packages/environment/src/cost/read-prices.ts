import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type PricesConfig, parseConfig, pricesConfigSchema, SeerError } from "@seer/config";
import { seerHome } from "@seer/system";
import { findGpu } from "../plan/find-gpu.ts";
import { type BackendPrices, type Prices, priceTable } from "./price-table.ts";

/**
 * The price table, overridden by `$SEER_HOME/prices.json`.
 *
 * @throws SeerError `config/unreadable` or `config/invalid`; EnvironmentError `environment/gpu-unknown`
 */
export async function readPrices(): Promise<Prices> {
  const file = join(seerHome(), "prices.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw new SeerError("config/unreadable", `The prices ${file} cannot be read: ${error.message}`);
  });
  if (text === undefined) return priceTable;
  const { date, ...own } = parseConfig(file, pricesConfigSchema, parseJson(file, text));
  return {
    date: date ?? priceTable.date,
    source: date === undefined ? `${priceTable.source}, but for ${file}` : file,
    local: merge(priceTable.local, own.local),
    modal: merge(priceTable.modal, own.modal),
  };
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new SeerError("config/unreadable", `The prices ${file} are not JSON: ${reason}`, { cause });
  }
}

function merge(table: BackendPrices, { gpus = {}, used, ...own }: PricesConfig["local"] = {}): BackendPrices {
  const named = Object.entries(gpus).map(([name, usd]) => [findGpu(name).name, usd] as const);
  return {
    sandbox: own.sandbox ?? table.sandbox,
    cpuCore: own.cpuCore ?? table.cpuCore,
    memoryGiB: own.memoryGiB ?? table.memoryGiB,
    gpus: { ...table.gpus, ...Object.fromEntries(named) },
    used: {
      withGpu: used?.withGpu ?? table.used.withGpu,
      withoutGpu: used?.withoutGpu ?? table.used.withoutGpu,
      forWeights: used?.forWeights ?? table.used.forWeights,
    },
  };
}
