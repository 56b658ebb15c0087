import type { Plan } from "../plan/plan.ts";
import type { MeteredInstance, MeteredResources } from "../runtime/meter.ts";
import type { BackendPrices } from "./price-table.ts";
import { type Rate, rateOf } from "./price-table.ts";

const hourMs = 3_600_000;

interface Metered {
  readonly instance: MeteredInstance;
  readonly rate: Rate;
  readonly startedAt: number;
  endedAt?: number;
}

/** The cost of a run's instances. */
export class Spending {
  readonly #prices: BackendPrices;
  readonly #instances = new Map<string, Metered>();

  constructor(prices: BackendPrices) {
    this.#prices = prices;
  }

  rateOf(instance: MeteredResources): Rate {
    return rateOf(instance, this.#prices);
  }

  /** Returns false if it has begun before. */
  begin(instance: MeteredInstance): boolean {
    if (this.#instances.has(instance.id)) return false;
    this.#instances.set(instance.id, { instance, rate: this.rateOf(instance), startedAt: Date.now() });
    return true;
  }

  /** Returns false if it has ended before or never begun. */
  end(id: string): boolean {
    const metered = this.#instances.get(id);
    if (metered === undefined || metered.endedAt !== undefined) return false;
    metered.endedAt = Date.now();
    return true;
  }

  /** IDs of the instances that have not ended. */
  get running(): string[] {
    return this.#all.filter(({ endedAt }) => endedAt === undefined).map(({ instance }) => instance.id);
  }

  /** Total cost so far. */
  get usd(): number {
    return this.#all.reduce((sum, one) => sum + (timeOf(one) / hourMs) * one.rate.usdPerHour, 0);
  }

  /** Total price of the running instances. */
  get usdPerHour(): number {
    const running = this.#all.filter(({ endedAt }) => endedAt === undefined);
    return running.reduce((sum, { rate }) => sum + rate.usdPerHour, 0);
  }

  get isFree(): boolean {
    return this.#all.every(({ rate }) => rate.usdPerHour === 0);
  }

  /** Total running time of the sandbox, without instances that only download weights. */
  get sandboxMs(): number {
    return this.#all.reduce((sum, one) => sum + (one.instance.purpose === "sandbox" ? timeOf(one) : 0), 0);
  }

  get #all(): Metered[] {
    return [...this.#instances.values()];
  }
}

/** Returns for how many milliseconds an amount lasts. */
export function timeFor(usd: number, usdPerHour: number): number {
  return usdPerHour === 0 ? Number.POSITIVE_INFINITY : (Math.max(0, usd) / usdPerHour) * hourMs;
}

function timeOf({ startedAt, endedAt = Date.now() }: Metered): number {
  return Math.max(0, endedAt - startedAt);
}

/** What a plan's sandbox will be billed for. */
export function resourcesOf({ steps }: Plan): MeteredResources {
  const gpu = steps.find((step) => step.kind === "gpu");
  return { purpose: "sandbox", gpu: gpu?.gpu ?? null, gpuCount: gpu?.count ?? 0 };
}
