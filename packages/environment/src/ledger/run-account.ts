import { randomUUID } from "node:crypto";
import type { Backend, Progress } from "@seer/config";
import type { EndReason, Meter, MeteredMachine } from "../backends/backend.ts";
import type { Prices } from "../prices/price-table.ts";
import { readPrices } from "../prices/read-prices.ts";
import { dollars, timeText } from "./amounts.ts";
import { Budget } from "./budget.ts";
import { Heartbeat } from "./heartbeat.ts";
import { machineText, priceLine } from "./price-line.ts";
import { Spending } from "./spending.ts";

export interface RunOptions {
  readonly backend: Backend;
  readonly name: string | undefined;
  readonly timeoutMs: number;
  readonly budgetUsd: number | undefined;
  readonly onProgress: Progress;
}

// How long a machine can live on when all who hold it have died: until the next heartbeat, and then its lease.
const graceMs: Readonly<Record<Backend, number>> = { local: 150_000, modal: 210_000 };

/** Keeps account of one run: of what it costs, and of what its budget still buys. */
export class RunAccount implements Meter {
  readonly #run = randomUUID();
  readonly #options: RunOptions;
  readonly #spending: Spending;
  readonly #budget: Budget | undefined;
  readonly #heartbeat: Heartbeat;
  #hasSaidPrice = false;
  #isClosed = false;

  private constructor(options: RunOptions, prices: Prices) {
    const { backend, budgetUsd, onProgress } = options;
    this.#options = options;
    this.#spending = new Spending(prices[backend]);
    if (budgetUsd !== undefined) this.#budget = new Budget(budgetUsd, this.#spending, onProgress);
    this.#heartbeat = new Heartbeat((why) => onProgress(`What this costs cannot be recorded: ${why}`));
  }

  /** @throws SeerError `config/invalid` or `config/unreadable` when the researcher's own prices cannot be used */
  static async open(options: RunOptions): Promise<RunAccount> {
    return new RunAccount(options, await readPrices());
  }

  affordableMs(machine: Omit<MeteredMachine, "id">): number {
    const { usdPerHour } = this.#spending.rateOf(machine);
    if (this.#budget === undefined || usdPerHour === 0) return Number.POSITIVE_INFINITY;
    return this.#budget.affordableMs(usdPerHour, machineText(machine, this.#options.backend));
  }

  begin(machine: MeteredMachine): void {
    const leftUsd = this.#budget?.leftUsd;
    if (!this.#spending.begin(machine)) return;
    const { backend, name = null, timeoutMs, onProgress } = this.#options;
    const { id, purpose, gpu, gpuCount } = machine;
    const rate = this.#spending.rateOf(machine);
    this.#heartbeat.begin({
      run: this.#run,
      name,
      machine: id,
      backend,
      purpose,
      gpu,
      gpuCount,
      usdPerHour: rate.usdPerHour,
      graceMs: graceMs[backend],
    });
    this.#budget?.watch();
    if (purpose !== "sandbox" || rate.usdPerHour === 0 || this.#hasSaidPrice) return;
    this.#hasSaidPrice = true;
    onProgress(priceLine(machineText(machine, backend), rate, { timeoutMs, leftUsd }));
  }

  end(id: string, reason: EndReason): void {
    if (!this.#spending.end(id)) return;
    // Of a machine elsewhere that cannot be reached, nobody knows when it ends; the ledger tells its lease from that.
    if (reason === "lost" && this.#options.backend !== "local") this.#heartbeat.lose(id);
    else this.#heartbeat.end(id, reason);
    this.#budget?.watch();
  }

  /** The sandbox has ended. Unless it was for a while only, or by its owner who says so, the run is over. */
  machineEnded(id: string, reason: EndReason): void {
    this.end(id, reason);
    if (reason !== "idle" && reason !== "terminated") this.close(reason);
  }

  /** Says what the run has cost; what has not ended until now has. */
  close(reason: EndReason): void {
    for (const id of this.#spending.running) this.end(id, reason);
    this.#budget?.unwatch();
    if (this.#isClosed || this.#spending.isFree) return;
    this.#isClosed = true;
    this.#options.onProgress(`Ran ${timeText(this.#spending.sandboxMs)}: ${dollars(this.#spending.usd)}`);
  }
}
