export type { ListOptions } from "./backends/select-backend.ts";
export type { CostEstimate } from "./cost/estimate-cost.ts";
export { type GpuInfo, type GpuList, listGpus } from "./cost/list-gpus.ts";
export type { Fetch } from "./cost/preview-plan.ts";
export { type PlanPreview, previewPlan } from "./cost/preview-plan.ts";
export { type CostOptions, type RunCost, readCosts } from "./cost/run-cost.ts";
export { EnvironmentError, type EnvironmentErrorCode, ExecError } from "./errors.ts";
export { buildPlan, type PlanOptions } from "./plan/build-plan.ts";
export { describePlan } from "./plan/describe-plan.ts";
export type { Plan, PlanStep } from "./plan/plan.ts";
export type { IsolationChoice } from "./runtime/backend.ts";
export type { EndReason } from "./runtime/sandbox-instance.ts";
export type { SandboxInfo, SandboxState } from "./runtime/sandbox-state.ts";
export type {
  FromSnapshotOptions,
  RunOptions,
  SandboxOptions,
  SnapshotOptions,
  StartOptions,
  TerminateOptions,
} from "./sandbox/options.ts";
export { type ModalSandbox, Sandbox } from "./sandbox/sandbox.ts";
export {
  type FollowLogsOptions,
  type LogOptions,
  ScopedSandbox,
  type ScopedStartOptions,
  type ServeOptions,
} from "./sandbox/scoped-sandbox.ts";
export type { ExposeAs, ServedAs } from "./serve/expose-as.ts";
export type { LogLine } from "./serve/follow-log.ts";
export { watchInterface } from "./serve/watch-interface.ts";
export type { Snapshot } from "./snapshots/snapshot.ts";
export { listStored } from "./storage/list-stored.ts";
export { removeStored } from "./storage/remove-stored.ts";
export { type StorageKind, type StoredItem, storageKinds } from "./storage/stored-item.ts";
