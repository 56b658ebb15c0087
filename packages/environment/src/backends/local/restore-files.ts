import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { RepoHandle } from "@seer/config";
import { replaceFile } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { SnapshotRecord } from "../../runtime/snapshot-record.ts";
import { pathsFile, snapshotDirectories } from "./copy-files.ts";
import { copyTrees } from "./copy-trees.ts";
import type { SandboxDirectories } from "./home.ts";
import { insidePaths, realPath } from "./layout.ts";
import type { PathMap } from "./sandbox-directory.ts";

/** Absolute paths in a snapshot's files, each with its replacement in the new sandbox. */
export type PathChanges = readonly (readonly [before: string, now: string])[];

/**
 * Copies a snapshot's files into the directories of a new sandbox, and returns the snapshot's path map.
 *
 * @throws EnvironmentError `environment/snapshot-not-found`
 */
export async function restoreFiles(
  { id, content }: SnapshotRecord,
  { directories, signal }: { directories: SandboxDirectories; signal?: AbortSignal | undefined },
): Promise<PathMap> {
  const { directory } = content.kind === "directory" ? content : { directory: "" };
  const paths = await readFile(pathsFile(directory), "utf8").catch((cause: unknown) => {
    throw new EnvironmentError("environment/snapshot-not-found", `The files of snapshot ${id} are missing`, {
      hint: `Remove the snapshot with \`seer snapshots rm ${id}\`.`,
      cause,
    });
  });
  await copyTrees(
    snapshotDirectories.map((name) => [join(directory, name), directories[name]] as const),
    signal,
  );
  return JSON.parse(paths) as PathMap;
}

/** Empty under bubblewrap, where every sandbox has the same paths; without isolation each has its own. */
export function pathChanges(before: PathMap, now: (path: string) => string): PathChanges {
  const moved = [
    insidePaths.python,
    insidePaths.environment,
    insidePaths.workspace,
    insidePaths.home,
    insidePaths.root,
    insidePaths.models,
  ];
  return moved
    .map((place) => [realPath(place, before), now(place)] as const)
    .filter(([old, current]) => old !== current);
}

function changePaths(text: string, changes: PathChanges): string {
  return changes.reduce((moved, [before, now]) => moved.replaceAll(wholePath(before), () => now), text);
}

export function relocateRepository(repo: RepoHandle, changes: PathChanges): RepoHandle {
  return { ...repo, path: changePaths(repo.path, changes) };
}

/** Matches a path where it is not part of a longer name. */
function wholePath(path: string): RegExp {
  const literally = path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${literally}(?![\\w.-])`, "g");
}

// Files into which installers write paths, apart from scripts, whose first line names the interpreter.
const filesWithPaths = /(\.pth|\.egg-link|^direct_url\.json|^__editable__.*\.py)$/;

/** Adapts packages that were installed in another sandbox to their new paths. */
export async function relocatePython(directory: string, changes: PathChanges): Promise<void> {
  if (changes.length === 0) return;
  for await (const path of filesBelow(directory)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isCommand = path.startsWith(join(directory, "bin/"));
    if (!isCommand && !filesWithPaths.test(name)) continue;
    const content = await readFile(path);
    // Skip binary files.
    if (content.includes(0)) continue;
    const text = content.toString("utf8");
    const moved = changePaths(text, changes);
    if (moved !== text) await replaceFile(path, moved, (await stat(path)).mode & 0o777);
  }
}

/** Excludes links, which may point anywhere. */
async function* filesBelow(directory: string): AsyncGenerator<string, void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
