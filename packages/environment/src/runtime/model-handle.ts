import type { ModelHandle } from "@seer/config";
import type { ModelStep } from "../plan/plan.ts";

/** The public description of a model. `real` maps a sandbox path to the path that its processes see. */
export function modelHandle(step: ModelStep, real: (path: string) => string): ModelHandle {
  const { name, varName, hidden, loadAsPeft, path, adapter, source } = step;
  const commit = source.from === "hub" && !hidden ? source.revision : undefined;
  return {
    name,
    varName,
    hidden,
    path: real(path),
    ...(commit === undefined ? {} : { revision: commit }),
    isPeft: adapter !== undefined,
    ...(adapter?.base === undefined ? {} : { basePath: real(adapter.base.path) }),
    loadAsPeft,
  };
}
