import { cachedModel } from "../gpus/cached-model.ts";
import { weightsSize } from "../gpus/weights-size.ts";
import type { ModelSource, ModelStep, Plan } from "../plan/plan.ts";
import { hasPythonEnvironment } from "../this-machine/python-environment.ts";

/** Something that a sandbox on this machine needs from elsewhere. */
export interface Fetch {
  readonly what: string;
  /** How large it is, as far as that is known. */
  readonly bytes: number | null;
  /** Whether it is here; of a model whose download was cut off, a part is. */
  readonly cached: boolean;
}

/** What a start on this machine would have to fetch. What Modal has already only Modal can tell. */
export async function findFetches(plan: Plan): Promise<Fetch[]> {
  if (plan.backend !== "local") return [];
  const found = plan.steps.map(async (step) => {
    if (step.kind === "model") return await Promise.all(sourcesOf(step).map(model));
    if (step.kind !== "python" || step.packages.length === 0) return [];
    const what = `Python packages: ${step.packages.join(", ")}`;
    return [{ what, bytes: null, cached: await hasPythonEnvironment(step) }];
  });
  return (await Promise.all(found)).flat();
}

function sourcesOf({ source, adapter }: ModelStep): Extract<ModelSource, { from: "hub" }>[] {
  return [source, adapter?.base?.source].filter((one) => one?.from === "hub");
}

async function model(source: Extract<ModelSource, { from: "hub" }>): Promise<Fetch> {
  const cached = (await cachedModel(source.id, source.revision)) !== undefined;
  return { what: source.id, bytes: (await weightsSize(source)) ?? null, cached };
}
