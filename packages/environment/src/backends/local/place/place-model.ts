import { mkdir, realpath, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Mount } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import { blindModel } from "../../../models/blind-model.ts";
import type { FetchOptions } from "../../../models/fetch-model.ts";
import { foundBase } from "../../../models/found-base.ts";
import { type LocatedModel, locateModel } from "../../../models/locate-model.ts";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";
import { walk } from "../../walk.ts";

export interface PlaceOptions extends Omit<FetchOptions, "name"> {
  /** The sandbox's own directory for models. */
  models: string;
  isolated: boolean;
  /** The path of what a sandbox calls so, for its processes. */
  real: (path: string) => string;
  /** What the models placed so far have put at their paths. */
  placed: Map<string, string>;
}

export interface PlacedModel {
  /** The step, with the commit and the base that were found. */
  readonly step: ModelStep;
  readonly mounts: readonly Mount[];
}

/**
 * Puts a model where the sandbox will see it, fetched if it is on the hub, and returns what to mount for that.
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
  const base = adapter.base ?? foundBase(step, model);
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
  const own = join(models, basename(path));
  await mkdir(models, { recursive: true });
  if (hidden) {
    // The table of mounts, and the target of a link, would name it.
    const base = basePath === undefined ? undefined : real(basePath);
    await blindModel({ from, to: own, name, sources, basePath: base, onProgress, signal });
    return isolated ? [[own, path]] : [];
  }
  if (!isolated) {
    await symlink(from, own);
    return [];
  }
  return (await leavesItself(from)) ? await fileMounts(from, path) : [[from, path]];
}

/** A base may be a model of its own as well, or that of two adapters. */
function isPlaced(path: string, source: ModelSource, placed: Map<string, string>): boolean {
  const what = source.from === "hub" ? `${source.id} at ${source.revision}` : source.directory;
  const before = placed.get(path);
  placed.set(path, what);
  if (before === undefined || before === what) return before === what;
  throw new EnvironmentError("environment/path-conflict", `${before} and ${what} would both be at ${path}`, {
    hint: "Rename a directory, or give both one `revision`.",
  });
}

/** Whether links in a directory lead out of it, as they do in the hub's cache: mounted alone, they would lead nowhere. */
async function leavesItself(directory: string): Promise<boolean> {
  for (const { real } of await files(directory)) if (!real.startsWith(`${directory}/`)) return true;
  return false;
}

async function fileMounts(from: string, path: string): Promise<Mount[]> {
  return (await files(from)).map(({ relative, real }) => [real, join(path, relative)] as const);
}

async function files(directory: string): Promise<{ relative: string; real: string }[]> {
  const found: { relative: string; real: string }[] = [];
  for await (const { path, isDirectory } of walk(directory)) {
    if (!isDirectory) found.push({ relative: path, real: await realpath(join(directory, path)) });
  }
  return found;
}
