import { join } from "node:path";
import type { Progress } from "@seer/config";
import { knownSecrets } from "../secrets/resolve-secrets.ts";
import { findInterpreter } from "../this-machine/find-interpreter.ts";
import { pythonEnvironment } from "../this-machine/python-environment.ts";
import { fetchError } from "./fetch-error.ts";
import type { FetchDone, FetchLine } from "./fetch-lines.ts";
import { FetchProgress } from "./fetch-progress.ts";
import { firstPauseMs } from "./first-pause.ts";
import { runScript } from "./run-script.ts";

/** A model on the hub. */
export interface HubModel {
  readonly id: string;
  readonly revision?: string | undefined;
  /** It must be a PEFT adapter; otherwise it must not be one. */
  readonly adapter: boolean;
}

export interface FetchOptions {
  /** What to call it in messages that others may see. */
  name: string;
  /** Whether they must not say which model it is. */
  isHidden?: boolean | undefined;
  /** Values of secrets, of which HF_TOKEN is used; otherwise the environment's, `.env`'s, or that of the login. */
  secrets: Readonly<Record<string, string>>;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Brings a model from the hub into the user's own cache, complete and at one commit, with the user's settings of the
 * hub's client. What is there is not downloaded again, and a download that was cut off goes on.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated` or `environment/disk-full`
 */
export async function fetchModel(model: HubModel, options: FetchOptions): Promise<FetchDone> {
  const { onProgress, signal } = options;
  const own = await findInterpreter(undefined, signal);
  const found = await fetchWith(own.executable, model, options);
  if (found.type === "done") return found;
  if (found.code !== "no-client") throw fetchError(model.id, found);
  const tools = await pythonEnvironment({ kind: "python", packages: [client] }, { onProgress, signal });
  const second = await fetchWith(join(tools.directory, "bin", "python"), model, options);
  if (second.type === "done") return second;
  throw fetchError(model.id, second);
}

// The oldest that `fetch_model.py` can use.
const client = "huggingface_hub>=1";

async function fetchWith(
  python: string,
  { id, revision, adapter }: HubModel,
  { name, isHidden, secrets, onProgress, signal }: FetchOptions,
): Promise<Extract<FetchLine, { type: "done" | "error" }>> {
  const token = secrets.HF_TOKEN ?? (await knownSecrets(["HF_TOKEN"])).HF_TOKEN;
  const progress = new FetchProgress(name, onProgress, { isHidden });
  const { last, stderr } = await runScript<FetchLine>(
    "fetch_model",
    { model: id, revision, adapter, firstPause: firstPauseMs() / 1000 },
    {
      python,
      signal,
      env: token === undefined ? process.env : { ...process.env, HF_TOKEN: token },
      onLine: (line) => progress.take(line),
    },
  );
  if (last?.type === "done" || last?.type === "error") return last;
  return { type: "error", code: "failed", message: `The download of ${id} broke off:\n${stderr}` };
}
