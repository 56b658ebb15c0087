import { environmentVariables, formatDollars, formatDuration, type Progress } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { timings } from "../runtime/timings.ts";
import { type Spending, timeFor } from "./spending.ts";

const warnAt = 0.8;
const longestTimerMs = 2 ** 31 - 1;

/** The budget of a run. */
export class Budget {
  readonly #usd: number;
  readonly #spending: Spending;
  readonly #onProgress: Progress;
  #warning: NodeJS.Timeout | undefined;
  #hasWarned = false;

  constructor(usd: number, spending: Spending, onProgress: Progress) {
    this.#usd = usd;
    this.#spending = spending;
    this.#onProgress = onProgress;
  }

  get leftUsd(): number {
    return this.#usd - this.#spending.usd;
  }

  /**
   * Returns how long the rest of the budget lasts for an instance of this price in addition to the running ones.
   *
   * @throws EnvironmentError `environment/budget-exceeded` if that is too short
   */
  affordableMs(usdPerHour: number, description: string): number {
    const affordableMs = timeFor(this.leftUsd, usdPerHour + this.#spending.usdPerHour);
    if (affordableMs >= timings.minimumPaidMs) return affordableMs;
    const spent = this.#spending.usd;
    const buys = `buys ${formatDuration(affordableMs)} of ${description} at ${formatDollars(usdPerHour)} an hour`;
    const message =
      spent === 0
        ? `A budget of ${formatDollars(this.#usd)} ${buys}`
        : `${formatDollars(spent)} of the budget of ${formatDollars(this.#usd)} is spent; the rest ${buys}`;
    const variable = environmentVariables.budgetUsd;
    const option = process.env[variable] ? `\`budgetUsd\` or ${variable}` : "`budgetUsd`";
    const needed = Math.ceil((spent + (usdPerHour * timings.minimumPaidMs) / 3_600_000) * 100) / 100;
    throw new EnvironmentError("environment/budget-exceeded", message, {
      hint: `The minimum is ${formatDuration(timings.minimumPaidMs)}: raise ${option} to ${formatDollars(needed)} or more, or choose a cheaper GPU (\`seer gpus\`).`,
    });
  }

  /** Schedules the warning that most of the budget is spent. To be called whenever an instance starts or ends. */
  watch(): void {
    this.unwatch();
    const { usdPerHour, usd } = this.#spending;
    if (usdPerHour === 0 || this.#hasWarned) return;
    const inMs = timeFor(this.#usd * warnAt - usd, usdPerHour);
    if (inMs < longestTimerMs) this.#warning = setTimeout(() => this.#warn(), inMs).unref();
  }

  unwatch(): void {
    clearTimeout(this.#warning);
  }

  #warn(): void {
    this.#hasWarned = true;
    const { usd, usdPerHour } = this.#spending;
    this.#onProgress(
      `${Math.round((usd / this.#usd) * 100)} % of the budget of ${formatDollars(this.#usd)} is spent; ` +
        `the sandbox ends in ${formatDuration(timeFor(this.leftUsd, usdPerHour))}`,
    );
  }
}
