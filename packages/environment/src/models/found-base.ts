import { modelName, modelPath } from "@seer/config";
import { EnvironmentError } from "../errors.ts";
import type { ModelSource, ModelStep } from "../plan/plan.ts";
import type { LocatedModel } from "./locate-model.ts";

/** The base that the adapter itself names, which the plan could not know. */
export function foundBase({ name, varName, hidden }: ModelStep, { base }: Pick<LocatedModel, "base">) {
  if (base === undefined) {
    throw new EnvironmentError(
      "environment/model-unavailable",
      `The adapter ${name} does not say which model it is for`,
      { hint: "Name its base in `baseModel`." },
    );
  }
  const called = hidden ? `${varName}-base` : modelName({ name: nameOf(base), varName, hidden });
  return { source: base, path: modelPath(called) };
}

function nameOf(source: ModelSource): string {
  return source.from === "hub" ? source.id : source.directory;
}
