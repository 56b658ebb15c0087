export type {
  ExecOptions,
  ExecResult,
  ModelHandle,
  Progress,
  RepoHandle,
  SandboxHandle,
  WriteTarget,
} from "./contracts.ts";
export { type ConfigErrorCode, SeerError, type SeerErrorOptions } from "./errors.ts";
export { type McpConfig, type McpServerConfig, mcpConfigSchema } from "./mcp-config.ts";
export { type ModelConfig, type ModelConfigInput, modelConfigSchema } from "./model-config.ts";
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
export {
  type WorkspaceConfig,
  type WorkspaceConfigInput,
  workspaceConfigSchema,
} from "./workspace-config.ts";
