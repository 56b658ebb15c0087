import type { EndReason } from "./sandbox-instance.ts";

/** Records what instances cost, for the ledger and the budget. */
export interface Meter {
  /**
   * Returns how long an instance may run from now on: for `timeoutMs`, if set, or for as long as the rest of the budget
   * lasts. Call it just before creating the instance, because earlier steps may have incurred costs.
   *
   * @throws EnvironmentError `environment/budget-exceeded` if the rest of the budget does not last long enough
   */
  timeLimit(instance: MeteredResources, timeoutMs: number | undefined): TimeLimit;
  /** To be called when the instance starts to incur costs. */
  begin(instance: MeteredInstance): void;
  /** Does nothing for an instance that has ended or never began. */
  end(id: string, reason: EndReason): void;
}

export interface TimeLimit {
  /** Null without a limit. */
  readonly timeoutMs: number | null;
  readonly timeoutReason: EndReason;
}

/** What an instance is billed for. */
export interface MeteredResources {
  readonly purpose: "sandbox" | "weights";
  /** Null without a GPU. */
  readonly gpu: string | null;
  readonly gpuCount: number;
}

export interface MeteredInstance extends MeteredResources {
  /** The sandbox's ID on its backend. */
  readonly id: string;
}
