import type { MeteredMachine } from "../backends/backend.ts";
import type { BackendPrices } from "../prices/price-table.ts";
import { type Rate, rateOf } from "../prices/rate-of.ts";

const hourMs = 3_600_000;

interface Metered {
  readonly machine: MeteredMachine;
  readonly rate: Rate;
  readonly startedAt: number;
  endedAt?: number;
}

/** What the machines of a run cost. */
export class Spending {
  readonly #prices: BackendPrices;
  readonly #machines = new Map<string, Metered>();

  constructor(prices: BackendPrices) {
    this.#prices = prices;
  }

  rateOf(machine: Omit<MeteredMachine, "id">): Rate {
    return rateOf(machine, this.#prices);
  }

  /** False when it had begun before. */
  begin(machine: MeteredMachine): boolean {
    if (this.#machines.has(machine.id)) return false;
    this.#machines.set(machine.id, { machine, rate: this.rateOf(machine), startedAt: Date.now() });
    return true;
  }

  /** False when it had ended before, or never began. */
  end(id: string): boolean {
    const metered = this.#machines.get(id);
    if (metered === undefined || metered.endedAt !== undefined) return false;
    metered.endedAt = Date.now();
    return true;
  }

  /** Ids of those that have not ended. */
  get running(): string[] {
    return this.#all.filter(({ endedAt }) => endedAt === undefined).map(({ machine }) => machine.id);
  }

  /** What all have cost until now. */
  get usd(): number {
    return this.#all.reduce((sum, one) => sum + (timeOf(one) / hourMs) * one.rate.usdPerHour, 0);
  }

  /** What those that have not ended cost together. */
  get usdPerHour(): number {
    const running = this.#all.filter(({ endedAt }) => endedAt === undefined);
    return running.reduce((sum, { rate }) => sum + rate.usdPerHour, 0);
  }

  get isFree(): boolean {
    return this.#all.every(({ rate }) => rate.usdPerHour === 0);
  }

  /** For how long there was a sandbox. */
  get sandboxMs(): number {
    return this.#all.reduce((sum, one) => sum + (one.machine.purpose === "sandbox" ? timeOf(one) : 0), 0);
  }

  get #all(): Metered[] {
    return [...this.#machines.values()];
  }
}

/** How long so much money lasts, in milliseconds. */
export function timeFor(usd: number, usdPerHour: number): number {
  return usdPerHour === 0 ? Number.POSITIVE_INFINITY : (Math.max(0, usd) / usdPerHour) * hourMs;
}

function timeOf({ startedAt, endedAt = Date.now() }: Metered): number {
  return Math.max(0, endedAt - startedAt);
}
