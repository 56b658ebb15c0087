export type {
  EndReason,
  IsolationChoice,
  SandboxInfo,
  SandboxState,
} from "./backends/backend.ts";
export type { ListOptions } from "./backends/select-backend.ts";
export { EnvironmentError, type EnvironmentErrorCode, ExecError } from "./errors.ts";
export { type GpuInfo, type GpuList, listGpus } from "./gpus/list-gpus.ts";
export { type CostOptions, type RunCost, readCosts } from "./ledger/run-cost.ts";
export { buildPlan, type PlanOptions } from "./plan/build-plan.ts";
export { describePlan } from "./plan/describe-plan.ts";
export type { Plan, PlanStep } from "./plan/plan.ts";
export type { CostEstimate } from "./preview/estimate-cost.ts";
export type { Fetch } from "./preview/find-fetches.ts";
export { type PlanPreview, previewPlan } from "./preview/preview-plan.ts";
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
