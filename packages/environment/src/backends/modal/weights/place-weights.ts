import type { Volume } from "modal";
import { foundBase } from "../../../models/adapter-base.ts";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";
import type { BackendStartOptions } from "../../../runtime/backend.ts";
import type { ModalSession } from "../session.ts";
import type { Filled } from "./filled-volumes.ts";
import { hubToken } from "./hub-access.ts";
import { baseWeights, ownWeights } from "./wanted-weights.ts";
import { WeightsVolumes } from "./weights-volumes.ts";

export interface PlacedModels {
  /** Volumes by mount path in the sandbox. */
  readonly volumes: Readonly<Record<string, Volume>>;
  /** The steps, with resolved commits and adapter bases. */
  readonly models: readonly ModelStep[];
}

/**
 * Ensures that the weights of a plan are in volumes, one per model and version. Sandboxes without a GPU fetch missing
 * weights, before the sandbox with the GPU is paid for.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated`, `environment/disk-full` and others
 */
export async function placeWeights(
  session: ModalSession,
  steps: readonly ModelStep[],
  options: BackendStartOptions,
): Promise<PlacedModels> {
  if (steps.length === 0) return { volumes: {}, models: [] };
  // The first failure aborts the others.
  const failure = new AbortController();
  const { signal } = options;
  const combined = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const token = await hubToken(options.secrets);
  const volumes = new WeightsVolumes(session, token, { ...options, signal: combined });
  const placing = steps.map(async (step) => {
    try {
      return await placeModel(step, volumes);
    } catch (error) {
      failure.abort(error);
      throw error;
    }
  });
  // Wait for all, so that none is left running.
  await Promise.allSettled(placing);
  const placed = await Promise.all(placing);
  return {
    volumes: Object.assign({}, ...placed.map(({ mounts }) => mounts)),
    models: placed.map(({ step }) => step),
  };
}

async function placeModel(step: ModelStep, volumes: WeightsVolumes) {
  const { path, adapter } = step;
  const base = adapter?.base;
  const [own, configured] = await Promise.all([
    volumes.place(ownWeights(step)),
    base === undefined ? undefined : volumes.place(baseWeights(step, base)),
  ]);
  const source = atCommit(step.source, own);
  if (adapter === undefined) return { mounts: { [path]: own.volume }, step: { ...step, source } };
  const used = base ?? (await foundBase(step, own));
  const placed = configured ?? (await volumes.place(baseWeights(step, used)));
  const pinned = { ...used, source: atCommit(used.source, placed) };
  return {
    mounts: { [path]: own.volume, [used.path]: placed.volume },
    step: { ...step, source, adapter: { ...adapter, base: pinned } },
  };
}

function atCommit(source: ModelSource, { revision }: Filled): ModelSource {
  return source.from === "hub" && revision !== undefined ? { ...source, revision } : source;
}
