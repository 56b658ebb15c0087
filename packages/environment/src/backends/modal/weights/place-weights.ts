import type { Volume } from "modal";
import { foundBase } from "../../../models/found-base.ts";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";
import type { BackendStartOptions } from "../../backend.ts";
import type { ModalSession } from "../session.ts";
import type { Filled } from "./filled-volumes.ts";
import { hubToken } from "./hub-access.ts";
import { baseWeights, ownWeights } from "./wanted-weights.ts";
import { WeightsVolumes } from "./weights-volumes.ts";

export interface PlacedModels {
  /** By the path at which the sandbox has to have each. */
  readonly volumes: Readonly<Record<string, Volume>>;
  /** The steps, with the commits and bases that were found. */
  readonly models: readonly ModelStep[];
}

/**
 * Sees to it that the weights of a plan are in volumes, one for each model and version, before there is a GPU to pay
 * for: machines without one fetch those that are missing.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated`, `environment/disk-full` and others
 */
export async function placeWeights(
  session: ModalSession,
  steps: readonly ModelStep[],
  options: BackendStartOptions,
): Promise<PlacedModels> {
  if (steps.length === 0) return { volumes: {}, models: [] };
  // The first that fails ends the others.
  const failed = new AbortController();
  const { signal } = options;
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const token = await hubToken(options.secrets);
  const volumes = new WeightsVolumes(session, token, { ...options, signal: either });
  const placing = steps.map(async (step) => {
    try {
      return await placeModel(step, volumes);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  // None is left running.
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
  const used = base ?? foundBase(step, own);
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
