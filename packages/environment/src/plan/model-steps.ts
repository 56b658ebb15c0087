import {
  isLocalModel,
  localModelPath,
  type ModelConfig,
  modelName,
  modelPath,
  modelPathVariable,
} from "@seer/config";
import type { AdapterSource, ModelSource, ModelStep } from "./plan.ts";

export function modelSteps(models: readonly ModelConfig[]): ModelStep[] {
  const standIns = standInsOf(models);
  return models.map((model) => {
    const name = modelName(model);
    return {
      kind: "model",
      name,
      varName: model.varName,
      hidden: model.hidden,
      loadAsPeft: model.loadAsPeft,
      source: sourceOf(model),
      path: modelPath(name),
      variable: modelPathVariable(name),
      ...(model.isPeft ? { adapter: adapterOf(model, models, standIns) } : {}),
    };
  });
}

function adapterOf(
  model: ModelConfig,
  models: readonly ModelConfig[],
  standIns: AdapterSource["standIns"],
): AdapterSource {
  const { baseModel, hidden, varName } = model;
  const source = sourceOf(model);
  // What comes from a hub must not name a directory of this machine.
  const baseRoots = source.from === "hub" ? [] : [source.directory, ...configuredDirectories(models)];
  if (baseModel === undefined) return { baseRoots, standIns };
  const name = hidden ? `${varName}-base` : modelName({ name: baseModel, varName, hidden });
  const path = standIns.find(({ id }) => id === baseModel)?.directory;
  const base = { source: sourceOf({ name: baseModel, path }), path: modelPath(name) };
  return { base, baseRoots, standIns };
}

function standInsOf(models: readonly ModelConfig[]): AdapterSource["standIns"] {
  return models.flatMap(({ name: id, path }) =>
    path === undefined ? [] : [{ id, directory: localModelPath(path) }],
  );
}

function configuredDirectories(models: readonly ModelConfig[]): string[] {
  const sources = models.flatMap((model) => [
    sourceOf(model),
    ...(model.baseModel === undefined ? [] : [sourceOf({ name: model.baseModel })]),
  ]);
  return sources.flatMap((source) => (source.from === "directory" ? [source.directory] : []));
}

function sourceOf({ name, path, revision }: Pick<ModelConfig, "name" | "path" | "revision">): ModelSource {
  if (path !== undefined) return { from: "directory", directory: localModelPath(path), id: name };
  if (isLocalModel(name)) return { from: "directory", directory: localModelPath(name) };
  return { from: "hub", id: name, ...(revision === undefined ? {} : { revision }) };
}
