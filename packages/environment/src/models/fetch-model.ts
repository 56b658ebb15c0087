import { join } from "node:path";
import type { Progress } from "@seer/config";
import { findInterpreter, knownSecrets, noteUse, pythonEnvironment, runScript } from "@seer/system";
import { fetchError } from "./fetch-error.ts";
import type { FetchDone, FetchLine } from "./fetch-lines.ts";
import { FetchProgress } from "./fetch-progress.ts";
import { cacheName } from "./hub-cache.ts";

/** A model on the hub. */
export interface HubModel {
  readonly id: string;
  readonly revision?: string | undefined;
  /** Whether it must be a PEFT adapter; if false, it must not be one. */
  readonly adapter: boolean;
}

export interface FetchOptions {
  /** Its name in messages that an agent may see. */
  name: string;
  /** Whether these messages must not identify the model. */
  isHidden?: boolean | undefined;
  /** Secrets by name. HF_TOKEN falls back to the environment, `.env` and the stored login. */
  secrets: Readonly<Record<string, string>>;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads a model from the hub into the user's cache, complete and at one commit, with the user's settings of the
 * hub's client. Complete files are not downloaded again.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated` or `environment/disk-full`
 */
export async function fetchModel(model: HubModel, options: FetchOptions): Promise<FetchDone> {
  const { onProgress, signal } = options;
  await noteUse(cacheName(model.id));
  const own = await findInterpreter(undefined, signal);
  const found = await fetchWith(own.executable, model, options);
  if (found.type === "done") return found;
  if (found.code !== "no-client") throw fetchError(model.id, found);
  const step = { kind: "python", packages: [client] } as const;
  const tools = await pythonEnvironment(step, {
    onProgress,
    signal,
    torch: false,
    wheelsOnly: true,
    isolation: { kind: "none" },
  });
  const second = await fetchWith(join(tools.directory, "bin", "python"), model, options);
  if (second.type === "done") return second;
  throw fetchError(model.id, second);
}

// The oldest version that `fetch_model.py` supports.
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
    { model: id, revision, adapter },
    {
      python,
      signal,
      env: token === undefined ? process.env : { ...process.env, HF_TOKEN: token },
      onLine: (line) => progress.add(line),
    },
  );
  if (last?.type === "done" || last?.type === "error") return last;
  return { type: "error", code: "failed", message: `The download of ${id} stopped:\n${stderr}` };
}
