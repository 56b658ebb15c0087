import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";

/** Where things are inside a sandbox, whatever its backend. */
export const sandboxPaths = {
  /** The agent's files, and the working directory of everything that runs. */
  workspace: "/workspace",
  /** Weights, one directory a model. */
  models: "/models",
  /** What Seer itself needs there: the RPC host and its logs. Out of the way of the user's own Python environment. */
  runtime: "/opt/seer",
} as const;

/** Environment variables that Seer reads on the researcher's machine. */
export const environmentVariables = {
  /** Overrides the default backend. */
  backend: "SEER_BACKEND",
  /** Where sandboxes, caches and records live; `~/.seer` when unset. */
  home: "SEER_HOME",
  /** What each sandbox that this process starts may cost at most, in US dollars. */
  budgetUsd: "SEER_BUDGET_USD",
  /** The Python interpreter to use instead of the first `python3` on the path. */
  python: "SEER_PYTHON",
  /** The URL and token with which generated clients call a served interface. */
  rpcUrl: "SEER_RPC_URL",
  rpcToken: "SEER_RPC_TOKEN",
} as const;

/** Whether a model's name is a local directory; anything that does not begin like a path is a hub id. */
export function isLocalModel(name: string): boolean {
  return /^(\.{0,2}\/|~\/|\.\.?$)/.test(name);
}

/** The absolute path of a model that is a local directory, written relative to `from` or to the home directory. */
export function localModelPath(name: string, from: string = process.cwd()): string {
  return name.startsWith("~/") ? join(homedir(), name.slice(2)) : resolve(from, name);
}

/**
 * The name under which a sandbox knows a model: its hub id, the last part of its local directory,
 * or only its variable's name when it is hidden.
 */
export function modelName(model: { name: string; varName: string; hidden: boolean }): string {
  if (model.hidden) return model.varName;
  return isLocalModel(model.name) ? basename(localModelPath(model.name)) : model.name;
}

/** The directory of a model's weights in a sandbox, from its name there: `/models/google--gemma-2-9b` for `google/gemma-2-9b`. */
export function modelPath(name: string): string {
  return `${sandboxPaths.models}/${name.replaceAll("/", "--")}`;
}

/** The variable that holds that path: `MODEL_GOOGLE_GEMMA_2_9B_PATH` for `google/gemma-2-9b`. */
export function modelPathVariable(name: string): string {
  return `MODEL_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_PATH`;
}
