import { constants } from "node:fs";
import { copyFile, link, mkdir, realpath, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Mount } from "@seer/rpc/launch";
import { EnvironmentError } from "../../../errors.ts";
import type { ModelSource, ModelStep } from "../../../plan/plan.ts";
import { walk } from "../../walk.ts";

export interface PlaceOptions {
  /** The sandbox's own directory for models. */
  models: string;
  isolated: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Puts a model's directory where the sandbox will see it, and returns what to mount for that.
 *
 * @throws EnvironmentError `environment/model-unavailable`
 */
export async function placeModel(step: ModelStep, options: PlaceOptions): Promise<Mount[]> {
  const { hidden, adapter } = step;
  const mounts = await place(step.source, step.path, hidden, options);
  if (adapter?.base !== undefined) {
    mounts.push(...(await place(adapter.base.source, adapter.base.path, hidden, options)));
  }
  return mounts;
}

async function place(
  source: ModelSource,
  path: string,
  hidden: boolean,
  options: PlaceOptions,
): Promise<Mount[]> {
  const { models, isolated, signal } = options;
  const from = await realpath(directoryOf(source));
  const own = join(models, basename(path));
  await mkdir(models, { recursive: true });
  if (hidden) {
    // The table of mounts, and the target of a link, would name it.
    await linkTree(from, own, signal);
    return isolated ? [[own, path]] : [];
  }
  if (!isolated) {
    await symlink(from, own);
    return [];
  }
  return (await leavesItself(from)) ? await fileMounts(from, path) : [[from, path]];
}

function directoryOf(source: ModelSource): string {
  if (source.from === "directory") return source.directory;
  throw new EnvironmentError(
    "environment/model-unavailable",
    `The model ${source.id} is on the hub, from which this release cannot fetch yet`,
    {
      hint: 'Give a directory of this machine with its weights, such as `{ name: "./weights" }`.',
    },
  );
}

/** Whether links in a directory lead out of it, as they do in the hub's cache: mounted alone, they would lead nowhere. */
async function leavesItself(directory: string): Promise<boolean> {
  for (const { real } of await files(directory)) if (!real.startsWith(`${directory}/`)) return true;
  return false;
}

async function fileMounts(from: string, path: string): Promise<Mount[]> {
  return (await files(from)).map(({ relative, real }) => [real, join(path, relative)] as const);
}

/** The same files under other names, by hard links where the file system can. */
async function linkTree(from: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const { relative, real } of await files(from)) {
    signal?.throwIfAborted();
    const target = join(to, relative);
    await mkdir(dirname(target), { recursive: true });
    await link(real, target).catch(() => copyFile(real, target, constants.COPYFILE_FICLONE));
  }
}

async function files(directory: string): Promise<{ relative: string; real: string }[]> {
  const found: { relative: string; real: string }[] = [];
  for await (const { path, isDirectory } of walk(directory)) {
    if (!isDirectory) found.push({ relative: path, real: await realpath(join(directory, path)) });
  }
  return found;
}
