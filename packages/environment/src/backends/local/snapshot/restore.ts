import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepoHandle } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import type { SnapshotRecord } from "../../backend.ts";
import type { SandboxDirectories } from "../home.ts";
import { places, realPath } from "../layout.ts";
import type { PathMap } from "../record.ts";
import { copyTrees } from "./copy-trees.ts";
import { keptDirectories, pathsFile } from "./take.ts";

/** The paths that a snapshot's files know themselves by, and those that they have in a new sandbox. */
export type Moves = readonly (readonly [before: string, now: string])[];

/**
 * Puts a snapshot's files into the directories of a new sandbox, and returns the paths that they had.
 *
 * @throws EnvironmentError `environment/snapshot-not-found`
 */
export async function restoreFiles(
  { id, content }: SnapshotRecord,
  { directories, signal }: { directories: SandboxDirectories; signal?: AbortSignal | undefined },
): Promise<PathMap> {
  const { directory } = content.kind === "directory" ? content : { directory: "" };
  const paths = await readFile(pathsFile(directory), "utf8").catch((cause: unknown) => {
    throw new EnvironmentError("environment/snapshot-not-found", `The files of the snapshot ${id} are gone`, {
      hint: `Remove what is left of it with \`seer snapshots rm ${id}\`.`,
      cause,
    });
  });
  await copyTrees(
    keptDirectories.map((name) => [join(directory, name), directories[name]] as const),
    signal,
  );
  return JSON.parse(paths) as PathMap;
}

/** Under bubblewrap a sandbox's places have one path for ever; without isolation each sandbox has its own. */
export function movesOf(before: PathMap, now: (path: string) => string): Moves {
  const moved = [places.python, places.environment, places.workspace, places.home, places.models];
  return moved
    .map((place) => [realPath(place, before), now(place)] as const)
    .filter(([old, current]) => old !== current);
}

export function movePaths(text: string, moves: Moves): string {
  return moves.reduce((moved, [before, now]) => moved.replaceAll(wholePath(before), () => now), text);
}

export function moveRepository(repo: RepoHandle, moves: Moves): RepoHandle {
  return { ...repo, path: movePaths(repo.path, moves) };
}

/** A path from its beginning, up to the end of a name. */
function wholePath(path: string): RegExp {
  const literally = path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])${literally}(?![\\w.-])`, "g");
}
