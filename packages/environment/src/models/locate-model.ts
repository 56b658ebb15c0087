import { readdir } from "node:fs/promises";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource } from "../plan/plan.ts";
import { adapterConfig, baseSource, readNamedBase } from "./adapter-base.ts";
import { type FetchOptions, fetchModel } from "./fetch-model.ts";

/** A model on this machine. */
export interface LocatedModel {
  readonly directory: string;
  /** The commit, for a model of the hub. */
  readonly revision?: string | undefined;
  /** The base that an adapter names. */
  readonly base?: ModelSource | undefined;
}

/**
 * Finds a model's directory, and downloads models of the hub.
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
    const base = adapter ? await readNamedBase(source.directory) : undefined;
    return { directory: source.directory, base: base && baseSource(base, source.directory) };
  }
  const { path, revision, base } = await fetchModel({ ...source, adapter }, options);
  return { directory: path, revision, base: base && baseSource(base, source.id) };
}

async function checkKind(directory: string, adapter: boolean): Promise<void> {
  const files = await readdir(directory);
  const hasAdapter = files.includes(adapterConfig);
  if (adapter && !hasAdapter) {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `${directory} is not a PEFT adapter: it has no ${adapterConfig}`,
      { hint: "Remove `isPeft`." },
    );
  }
  if (!adapter && hasAdapter && files.every((file) => !weights.test(file) || file.startsWith("adapter_"))) {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `${directory} is a PEFT adapter, not a complete model`,
      { hint: "Add `isPeft: true`, and its base in `baseModel` if its config does not name it." },
    );
  }
}

const weights = /\.(safetensors|bin|pth|pt|msgpack|h5|gguf)$/;
