import { homedir } from "node:os";
import { resolve } from "node:path";
import { isLocalModel, type ModelConfig, modelName, modelPath, modelPathVariable } from "@seer/config";
import type { ModelSource, ModelStep } from "./plan.ts";

/** Where each configured model comes from, and where a sandbox finds it. */
export function placeModels(models: readonly ModelConfig[]): ModelStep[] {
  return models.map((model) => {
    const name = modelName(model);
    const adapter = model.isPeft ? { adapter: { ...placeBase(model), keep: model.loadAsPeft } } : {};
    return {
      kind: "model",
      name,
      varName: model.varName,
      hidden: model.hidden,
      source: sourceOf(model.name, model.revision),
      path: modelPath(name),
      variable: modelPathVariable(name),
      ...adapter,
    };
  });
}

function placeBase({ baseModel, hidden, varName }: ModelConfig) {
  if (baseModel === undefined) return {};
  const name = hidden ? `${varName}-base` : modelName({ name: baseModel, varName, hidden });
  return { base: { source: sourceOf(baseModel, undefined), path: modelPath(name) } };
}

function sourceOf(name: string, revision: string | undefined): ModelSource {
  if (isLocalModel(name))
    return { from: "directory", directory: resolve(name.replace(/^~(?=\/)/, homedir())) };
  return { from: "hub", id: name, ...(revision === undefined ? {} : { revision }) };
}
