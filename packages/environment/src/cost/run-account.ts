import { randomUUID } from "node:crypto";
import type { Backend, Progress } from "@seer/config";
import { formatDollars, formatDuration } from "@seer/config";
import type { Meter, MeteredInstance, MeteredResources, TimeLimit } from "../runtime/meter.ts";
import type { EndReason } from "../runtime/sandbox-instance.ts";
import { Budget } from "./budget.ts";
import { Heartbeat } from "./heartbeat.ts";
import { instanceText, priceLine } from "./price-line.ts";
import type { Prices } from "./price-table.ts";
import { readPrices } from "./read-prices.ts";
import { Spending } from "./spending.ts";

export interface RunOptions {
  readonly backend: Backend;
  readonly name: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly budgetUsd: number | undefined;
  readonly onProgress: Progress;
}

// Maximum lifetime of an instance after the last entry of an owner that died: one heartbeat interval, then the lease.
const graceMs: Readonly<Record<Backend, number>> = { local: 150_000, modal: 210_000 };

/** Records the cost of one run in the ledger and keeps it within its budget. */
export class RunAccount implements Meter {
  readonly #run = randomUUID();
  readonly #options: RunOptions;
  readonly #spending: Spending;
  readonly #budget: Budget | undefined;
  readonly #heartbeat: Heartbeat;
  #hasReportedPrice = false;
  #isClosed = false;

  private constructor(options: RunOptions, prices: Prices) {
    const { backend, budgetUsd, onProgress } = options;
    this.#options = options;
    this.#spending = new Spending(prices[backend]);
    if (budgetUsd !== undefined) this.#budget = new Budget(budgetUsd, this.#spending, onProgress);
    this.#heartbeat = new Heartbeat((reason) => onProgress(`The cost cannot be recorded: ${reason}`));
  }

  /** @throws SeerError `config/invalid` or `config/unreadable` if `$SEER_HOME/prices.json` is not valid */
  static async open(options: RunOptions): Promise<RunAccount> {
    return new RunAccount(options, await readPrices());
  }

  timeLimit(instance: MeteredResources, timeoutMs: number | undefined): TimeLimit {
    const affordableMs = Math.floor(this.affordableMs(instance));
    return affordableMs < (timeoutMs ?? Number.POSITIVE_INFINITY)
      ? { timeoutMs: affordableMs, timeoutReason: "budget" }
      : { timeoutMs: timeoutMs ?? null, timeoutReason: "timeout" };
  }

  /**
   * Returns how long the rest of the budget lasts for such an instance, in milliseconds; Infinity without a budget.
   *
   * @throws EnvironmentError `environment/budget-exceeded` if that is too short
   */
  affordableMs(instance: MeteredResources): number {
    const { usdPerHour } = this.#spending.rateOf(instance);
    if (this.#budget === undefined || usdPerHour === 0) return Number.POSITIVE_INFINITY;
    return this.#budget.affordableMs(usdPerHour, instanceText(instance, this.#options.backend));
  }

  begin(instance: MeteredInstance): void {
    const leftUsd = this.#budget?.leftUsd;
    if (!this.#spending.begin(instance)) return;
    const { backend, name = null, timeoutMs, onProgress } = this.#options;
    const { id, purpose, gpu, gpuCount } = instance;
    const rate = this.#spending.rateOf(instance);
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
    if (purpose !== "sandbox" || rate.usdPerHour === 0 || this.#hasReportedPrice) return;
    this.#hasReportedPrice = true;
    onProgress(priceLine(instanceText(instance, backend), rate, { timeoutMs, leftUsd }));
  }

  end(id: string, reason: EndReason): void {
    if (!this.#spending.end(id)) return;
    // The end time of an unreachable remote instance is unknown; the ledger estimates it from the lease.
    if (reason === "lost" && this.#options.backend !== "local") this.#heartbeat.lose(id);
    else this.#heartbeat.end(id, reason);
    this.#budget?.watch();
  }

  /** Records the end of the sandbox's instance. Ends the run, unless the sandbox is only stopped while idle. */
  instanceEnded(id: string, reason: EndReason): void {
    this.end(id, reason);
    if (reason !== "idle" && reason !== "terminated") this.close(reason);
  }

  /** Records the end of all running instances, and reports the cost of the run. */
  close(reason: EndReason): void {
    for (const id of this.#spending.running) this.end(id, reason);
    this.#budget?.unwatch();
    if (this.#isClosed || this.#spending.isFree) return;
    this.#isClosed = true;
    this.#options.onProgress(
      `Ran ${formatDuration(this.#spending.sandboxMs)}: ${formatDollars(this.#spending.usd)}`,
    );
  }
}
