import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isLocalModel, localModelPath } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource } from "../plan/plan.ts";
import { type FetchOptions, fetchModel } from "./fetch-model.ts";

/** A model that is on this machine. */
export interface LocatedModel {
  readonly directory: string;
  /** Of the hub's, the commit. */
  readonly revision?: string | undefined;
  /** What an adapter says it is for. */
  readonly base?: ModelSource | undefined;
}

/**
 * Finds a model's directory, which for one of the hub means to fetch it.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated` or `environment/disk-full`
 */
export async function locateModel(
  source: ModelSource,
  options: FetchOptions & { adapter: boolean },
): Promise<LocatedModel> {
  const { adapter } = options;
  if (source.from === "directory") {
    await checkKind(source.directory, adapter);
    const base = adapter ? await baseOf(source.directory) : undefined;
    return { directory: source.directory, base: base && baseSource(base, source.directory) };
  }
  const { path, revision, base } = await fetchModel({ ...source, adapter }, options);
  return { directory: path, revision, base: base && baseSource(base, source.id) };
}

interface NamedBase {
  readonly model: string;
  readonly revision?: string | undefined;
}

/** Whoever trained an adapter named its base as a hub id, or by a path of the machine where that was. */
export function baseSource({ model, revision }: NamedBase, adapter: string): ModelSource {
  if (isLocalModel(model)) return { from: "directory", directory: localModelPath(model) };
  if (hubId.test(model)) return { from: "hub", id: model, ...(revision === undefined ? {} : { revision }) };
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The adapter ${adapter} names as its base ${model}, which is no hub id`,
    { hint: "Name its base in `baseModel`." },
  );
}

const hubId = /^[\w.-]+(\/[\w.-]+)?$/;

async function checkKind(directory: string, adapter: boolean): Promise<void> {
  const files = await readdir(directory);
  const hasAdapter = files.includes(adapterConfig);
  if (adapter && !hasAdapter) {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `${directory} is no PEFT adapter: it has no ${adapterConfig}`,
      { hint: "Remove `isPeft`." },
    );
  }
  if (!adapter && hasAdapter && files.every((file) => !weights.test(file) || file.startsWith("adapter_"))) {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `${directory} is a PEFT adapter and no whole model`,
      { hint: "Add `isPeft: true`, and its base in `baseModel` if its config does not name it." },
    );
  }
}

const adapterConfig = "adapter_config.json";
const weights = /\.(safetensors|bin|pth|pt|msgpack|h5|gguf)$/;

async function baseOf(directory: string): Promise<NamedBase | undefined> {
  const config = JSON.parse(await readFile(join(directory, adapterConfig), "utf8")) as {
    base_model_name_or_path?: string | null;
    revision?: string | null;
  };
  if (!config.base_model_name_or_path) return undefined;
  return { model: config.base_model_name_or_path, revision: config.revision ?? undefined };
}
