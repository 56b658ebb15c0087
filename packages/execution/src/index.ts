export {
  type CellOutput,
  ExecutionError,
  type ExecutionErrorCode,
  type ExecutionErrorOptions,
} from "./errors.ts";
export { createLocalSession } from "./local/create-local-session.ts";
export type { LocalSession } from "./local/local-session.ts";
export type { LocalSessionOptions } from "./local/session-options.ts";
export type { ExecOptions, ExecutionResult } from "./run/execution-result.ts";
