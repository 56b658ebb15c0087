import { readFile, realpath } from "node:fs/promises";
import { isLocalModel, isWithin, localModelPath, modelName, modelPath, realPathInside } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { AdapterSource, ModelSource, ModelStep } from "../plan/plan.ts";

/** The base that an adapter's own configuration names. */
export interface NamedBase {
  readonly model: string;
  readonly revision?: string | undefined;
}

export const adapterConfig = "adapter_config.json";

/**
 * Reads which base a directory's adapter names.
 *
 * @throws EnvironmentError `environment/model-unavailable`, or SeerError `config/link-outside`
 */
export async function readNamedBase(directory: string): Promise<NamedBase | undefined> {
  const file = await realPathInside(directory, adapterConfig);
  let config: unknown;
  try {
    config = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw unavailable(`${file} cannot be read: ${(cause as Error).message}`, "Repair or replace it.", cause);
  }
  const { base_model_name_or_path: model, revision } = { ...(config as Record<string, unknown>) };
  if (typeof model !== "string" || model === "") return undefined;
  return { model, ...(typeof revision === "string" && revision !== "" ? { revision } : {}) };
}

/** An adapter names its base by hub ID, or by a path on the machine where it was trained. */
export function baseSource({ model, revision }: NamedBase, adapter: string): ModelSource {
  if (isLocalModel(model)) return { from: "directory", directory: localModelPath(model) };
  if (!hubId.test(model)) {
    throw unavailable(`The base ${JSON.stringify(model)} that the adapter ${adapter} names is not a hub ID`);
  }
  if (revision === undefined) return { from: "hub", id: model };
  if (!hubRevision.test(revision)) {
    throw unavailable(
      `The adapter ${adapter} names an invalid revision of its base: ${JSON.stringify(revision)}`,
    );
  }
  return { from: "hub", id: model, revision };
}

// Both become parts of URLs and of paths in the hub's cache.
const hubId = /^(?!.*\.\.)\w[\w.-]{0,95}(\/\w[\w.-]{0,95})?$/;
const hubRevision = /^(?!.*\.\.)\w[\w./-]{0,254}$/;

/**
 * Returns the base model that an adapter's configuration names, for adapters without a configured base. The configuration may
 * come from anybody, so a directory must be a configured one, or inside a configured one or the adapter's own.
 *
 * @throws EnvironmentError `environment/model-unavailable`
 */
export async function foundBase(
  { name, varName, hidden, adapter }: ModelStep,
  { base }: { readonly base?: ModelSource | undefined },
): Promise<NonNullable<AdapterSource["base"]>> {
  if (base === undefined) throw unavailable(`The adapter ${name} names no base model`);
  if (base.from === "directory" && !(await isAllowed(base.directory, adapter?.baseRoots ?? []))) {
    throw unavailable(
      `The adapter ${name} names the directory ${base.directory} as its base, which is neither configured nor inside the adapter`,
    );
  }
  const baseName = base.from === "hub" ? base.id : base.directory;
  const path = modelPath(hidden ? `${varName}-base` : modelName({ name: baseName, varName, hidden }));
  const standIn = base.from === "hub" ? adapter?.standIns.find(({ id }) => id === base.id) : undefined;
  return { source: standIn === undefined ? base : { from: "directory", ...standIn }, path };
}

async function isAllowed(directory: string, roots: readonly string[]): Promise<boolean> {
  // Links must not lead outside the allowed directories.
  const real = await realpath(directory).catch(() => undefined);
  if (real === undefined) return false;
  for (const root of roots) {
    if (isWithin(real, await realpath(root))) return true;
  }
  return false;
}

function unavailable(
  problem: string,
  hint = "Set `baseModel` to the adapter's base: a hub ID, or a directory of this machine.",
  cause?: unknown,
): EnvironmentError {
  return new EnvironmentError("environment/model-unavailable", problem, { hint, cause });
}
