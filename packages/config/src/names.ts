import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";

/** Paths inside a sandbox, the same on every backend. */
export const sandboxPaths = {
  /** The agent's files, and the working directory of all processes. */
  workspace: "/workspace",
  /** Writable directory for the user's files; interface files can import modules from it. */
  root: "/root",
  /** Weights, one directory per model. */
  models: "/models",
  /** Seer's own files: the RPC host and logs. Separate from the user's Python environment. */
  runtime: "/opt/seer",
} as const;

/** Environment variables that Seer reads on the researcher's machine. */
export const environmentVariables = {
  /** Overrides the default backend. */
  backend: "SEER_BACKEND",
  /** Directory of sandboxes, caches and records; default: `~/.seer`. */
  home: "SEER_HOME",
  /** Maximum cost of each sandbox that this process starts, in US dollars. */
  budgetUsd: "SEER_BUDGET_USD",
  /** The Python interpreter to use instead of the first `python3` on the path. */
  python: "SEER_PYTHON",
  /** URL and token that generated clients use instead of their own. */
  rpcUrl: "SEER_RPC_URL",
  rpcToken: "SEER_RPC_TOKEN",
} as const;

/** Whether a model's name is a local directory. A name that does not begin like a path is a hub id. */
export function isLocalModel(name: string): boolean {
  return /^(\.{0,2}\/|~\/|\.\.?$)/.test(name);
}

/** Returns the absolute path of a local model, whose name is relative to `from` or to the home directory. */
export function localModelPath(name: string, from: string = process.cwd()): string {
  return name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(from, name);
}

/**
 * Returns a model's name in a sandbox: its hub id, the last part of its local directory, or its `varName` if it is
 * hidden.
 */
export function modelName(model: { name: string; varName: string; hidden: boolean }): string {
  if (model.hidden) return model.varName;
  return isLocalModel(model.name) ? basename(localModelPath(model.name)) : model.name;
}

/** Returns the directory of a model in a sandbox: `/models/google--gemma-2-9b` for `google/gemma-2-9b`. */
export function modelPath(name: string): string {
  return `${sandboxPaths.models}/${name.replaceAll("/", "--")}`;
}

/** Returns the environment variable with that path: `MODEL_GOOGLE_GEMMA_2_9B_PATH` for `google/gemma-2-9b`. */
export function modelPathVariable(name: string): string {
  return `MODEL_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_PATH`;
}
