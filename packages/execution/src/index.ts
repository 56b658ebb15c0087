export {
  type CellOutput,
  ExecutionError,
  type ExecutionErrorCode,
  type ExecutionErrorOptions,
} from "./errors.ts";
export { createLocalSession, type LocalSessionOptions } from "./local/create-local-session.ts";
export type { LocalSession } from "./local/local-session.ts";
export type { CellOptions, ExecutionResult } from "./run/cell-options.ts";
