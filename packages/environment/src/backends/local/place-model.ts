import { mkdir, realpath, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { type TreeEntry, walk } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import { EnvironmentError } from "../../errors.ts";
import { foundBase } from "../../models/adapter-base.ts";
import { anonymizeModel } from "../../models/anonymize-model.ts";
import type { FetchOptions } from "../../models/fetch-model.ts";
import { type LocatedModel, locateModel } from "../../models/locate-model.ts";
import type { ModelSource, ModelStep } from "../../plan/plan.ts";

export interface PlaceOptions extends Omit<FetchOptions, "name"> {
  /** The directory on this machine that contains the sandbox's models. */
  models: string;
  isolated: boolean;
  /** Maps a sandbox path to the path that its processes see. */
  real: (path: string) => string;
  /** The sources of the models placed so far, by path. */
  placed: Map<string, string>;
}

export interface PlacedModel {
  /** The step, with the resolved commit and adapter base. */
  readonly step: ModelStep;
  readonly mounts: readonly Mount[];
}

/**
 * Fetches a model if it is on the hub, makes it available to the sandbox, and returns the mounts for it.
 *
 * @throws EnvironmentError `environment/model-unavailable`, `environment/model-gated`, `environment/disk-full` or
 *   `environment/path-conflict`
 */
export async function placeModel(step: ModelStep, options: PlaceOptions): Promise<PlacedModel> {
  const { name, hidden, adapter } = step;
  const model = await locateModel(step.source, {
    ...options,
    name,
    isHidden: hidden,
    adapter: adapter !== undefined,
  });
  const source = atCommit(step.source, model);
  if (adapter === undefined) {
    const mounts = await place({ ...step, source, model, sources: [source] }, options);
    return { step: { ...step, source }, mounts };
  }
  const base = adapter.base ?? (await foundBase(step, model));
  const located = await locateModel(base.source, {
    ...options,
    name: `${name}'s base`,
    isHidden: hidden,
    adapter: false,
  });
  const pinned = { ...base, source: atCommit(base.source, located) };
  const sources = [source, pinned.source];
  const mounts = [
    ...(await place({ ...pinned, name: `${name}-base`, hidden, model: located, sources }, options)),
    ...(await place({ ...step, source, model, sources, basePath: pinned.path }, options)),
  ];
  return { step: { ...step, source, adapter: { ...adapter, base: pinned } }, mounts };
}

function atCommit(source: ModelSource, { revision }: LocatedModel): ModelSource {
  return source.from === "hub" && revision !== undefined ? { ...source, revision } : source;
}

interface Placement {
  name: string;
  hidden: boolean;
  path: string;
  source: ModelSource;
  model: LocatedModel;
  sources: readonly ModelSource[];
  basePath?: string;
}

async function place(placement: Placement, options: PlaceOptions): Promise<readonly Mount[]> {
  const { name, hidden, path, source, model, sources, basePath } = placement;
  const { models, isolated, real, placed, onProgress, signal } = options;
  if (isPlaced(path, source, placed)) return [];
  const from = await realpath(model.directory);
  const files = await filesIn(from);
  const own = join(models, basename(path));
  await mkdir(models, { recursive: true });
  if (hidden) {
    // A hidden model is copied, because the mount table or a link's target would reveal its name.
    const base = basePath === undefined ? undefined : real(basePath);
    await anonymizeModel({ from, to: own, name, sources, basePath: base, onProgress, signal });
    return isolated ? [[own, path]] : [];
  }
  if (!isolated) {
    await symlink(from, own);
    return [];
  }
  // The hub's cache consists of links, which would be broken in a mount of that directory alone; mount each file.
  const hasLinks = files.some((file) => file.realPath !== join(from, file.path));
  return hasLinks ? files.map((file) => [file.realPath, join(path, file.path)]) : [[from, path]];
}

/** A base model may also be listed as a model, or be the base of several adapters. */
function isPlaced(path: string, source: ModelSource, placed: Map<string, string>): boolean {
  const current = source.from === "hub" ? `${source.id} at ${source.revision}` : source.directory;
  const previous = placed.get(path);
  placed.set(path, current);
  if (previous === undefined || previous === current) return previous === current;
  throw new EnvironmentError(
    "environment/path-conflict",
    `${previous} and ${current} both need the path ${path}`,
    {
      hint: "Rename a directory, or use the same `revision` for both.",
    },
  );
}

/** @throws SeerError `config/link-outside` */
async function filesIn(directory: string): Promise<TreeEntry[]> {
  const files: TreeEntry[] = [];
  for await (const entry of walk(directory)) if (!entry.isDirectory) files.push(entry);
  return files;
}
