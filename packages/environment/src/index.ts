export type {
  EndReason,
  IsolationChoice,
  SandboxInfo,
  SandboxState,
} from "./backends/backend.ts";
export { EnvironmentError, type EnvironmentErrorCode, ExecError } from "./errors.ts";
export { type CostOptions, type RunCost, readCosts } from "./ledger/run-cost.ts";
export { buildPlan, type PlanOptions } from "./plan/build-plan.ts";
export { describePlan } from "./plan/describe-plan.ts";
export type { Plan, PlanStep } from "./plan/plan.ts";
export type {
  FromSnapshotOptions,
  RunOptions,
  SandboxOptions,
  SnapshotOptions,
  StartOptions,
  TerminateOptions,
} from "./sandbox/options.ts";
export { Sandbox } from "./sandbox/sandbox.ts";
export {
  type LogOptions,
  ScopedSandbox,
  type ScopedStartOptions,
  type ServeOptions,
} from "./sandbox/scoped-sandbox.ts";
export type { ExposeAs, ServedAs } from "./serve/expose-as.ts";
export type { Snapshot } from "./snapshots/snapshot.ts";
