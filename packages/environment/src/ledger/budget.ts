import { environmentVariables, type Progress } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import { dollars, timeText } from "./amounts.ts";
import { type Spending, timeFor } from "./spending.ts";

const warnAt = 0.8;
const longestTimerMs = 2 ** 31 - 1;

/** What a run may cost. */
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
   * How long a machine of this price may run, beside those that do.
   *
   * @throws EnvironmentError `environment/budget-exceeded` when that is too little to be of use
   */
  affordableMs(usdPerHour: number, what: string): number {
    const affordableMs = timeFor(this.leftUsd, usdPerHour + this.#spending.usdPerHour);
    if (affordableMs >= leastMs()) return affordableMs;
    const spent = this.#spending.usd;
    const buys = `buys ${timeText(affordableMs)} of ${what}, which costs ${dollars(usdPerHour)} an hour`;
    const message =
      spent === 0
        ? `A budget of ${dollars(this.#usd)} ${buys}`
        : `${dollars(spent)} of the budget of ${dollars(this.#usd)} is spent; what is left ${buys}`;
    const variable = environmentVariables.budgetUsd;
    const option = process.env[variable] ? `\`budgetUsd\` or ${variable}` : "`budgetUsd`";
    const needed = Math.ceil((spent + (usdPerHour * leastMs()) / 3_600_000) * 100) / 100;
    throw new EnvironmentError("environment/budget-exceeded", message, {
      hint: `It must buy ${timeText(leastMs())}: raise ${option} to ${dollars(needed)} or more, or choose less (\`seer gpus\`).`,
    });
  }

  /** Says, once, when most of it is spent; to be called whenever a machine begins or ends. */
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
      `${Math.round((usd / this.#usd) * 100)} % of the budget of ${dollars(this.#usd)} is spent; ` +
        `the sandbox ends in ${timeText(timeFor(this.leftUsd, usdPerHour))}`,
    );
  }
}

function leastMs(): number {
  // A test cannot wait as long as people may.
  return Number(process.env.SEER_LEAST_MS) || 60_000;
}
