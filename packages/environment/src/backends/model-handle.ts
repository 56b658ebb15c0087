import type { ModelHandle } from "@seer/config";
import type { ModelStep } from "../plan/plan.ts";

/** What a sandbox's user learns of a model; `real` gives the paths that its processes know. */
export function modelHandle(step: ModelStep, real: (path: string) => string): ModelHandle {
  const { name, varName, hidden, path, adapter, source } = step;
  const commit = source.from === "hub" && !hidden ? source.revision : undefined;
  return {
    name,
    varName,
    hidden,
    path: real(path),
    ...(commit === undefined ? {} : { revision: commit }),
    isPeft: adapter !== undefined,
    ...(adapter?.base === undefined ? {} : { basePath: real(adapter.base.path) }),
    loadAsPeft: adapter?.keep ?? false,
  };
}
