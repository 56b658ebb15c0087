export { BoundedText } from "./bounded-text.ts";
export type {
  ExecOptions,
  ExecResult,
  ModelHandle,
  Progress,
  RepoHandle,
  SandboxHandle,
  WriteTarget,
} from "./contracts.ts";
export { type AllowedHost, allowedHosts, type EgressConfig } from "./egress-config.ts";
export { type ConfigErrorCode, SeerError, type SeerErrorOptions } from "./errors.ts";
export { formatBytes } from "./format-bytes.ts";
export { formatDollars } from "./format-dollars.ts";
export { formatDuration } from "./format-duration.ts";
export { isWithin } from "./is-within.ts";
export { lastLines } from "./last-lines.ts";
export { type LimitsConfig, limitsConfigSchema } from "./limits-config.ts";
export { type McpConfig, type McpServerConfig, mcpConfigSchema } from "./mcp-config.ts";
export {
  type ModelConfig,
  type ModelConfigInput,
  modelConfigSchema,
  withAbsolutePaths,
} from "./model-config.ts";
export { Mutex } from "./mutex.ts";
export {
  environmentVariables,
  isLocalModel,
  localModelPath,
  modelName,
  modelPath,
  modelPathVariable,
  sandboxPaths,
} from "./names.ts";
export { nearest } from "./nearest.ts";
export { parseConfig } from "./parse.ts";
export { type PricesConfig, pricesConfigSchema } from "./prices-config.ts";
export { LineSplitter } from "./processes/line-splitter.ts";
export {
  ProgramError,
  type ProgramOutput,
  type RunProgramOptions,
  runProgram,
} from "./processes/run-program.ts";
export {
  type ChildDescriptor,
  type SpawnProcessOptions,
  sendInput,
  spawnProcess,
} from "./processes/spawn-process.ts";
export { pythonSourceDirectory } from "./python-source-directory.ts";
export { raceSignal } from "./race-signal.ts";
export { type RepoConfig, type RepoConfigInput, repoConfigSchema } from "./repo-config.ts";
export {
  type Backend,
  backendSchema,
  type ExecutionMode,
  executionModeSchema,
  type IdleConfig,
  idleConfigSchema,
  parseSandboxConfig,
  readSandboxConfig,
  type SandboxConfig,
  type SandboxConfigInput,
  sandboxConfigSchema,
} from "./sandbox-config.ts";
export { shorten } from "./shorten.ts";
export { showValue } from "./show-value.ts";
export { problemWithText } from "./system-text.ts";
export { realPathInside, type TreeEntry, type WalkOptions, walk } from "./walk.ts";
export { withTimeout } from "./with-timeout.ts";
export {
  type WorkspaceConfig,
  type WorkspaceConfigInput,
  workspaceConfigSchema,
} from "./workspace-config.ts";
