import { createHash } from "node:crypto";
import type { HubFile } from "../repos/hub-file.ts";
import type { Commit } from "../repos/hub-repo.ts";

export interface TreeEntry {
  type: "file" | "directory";
  oid: string;
  size: number;
  path: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

/** What lies in a directory of a commit, or below it too; undefined when there is no such directory. */
export function listTree(commit: Commit, directory: string, recursive: boolean): TreeEntry[] | undefined {
  const prefix = directory === "" ? "" : `${directory}/`;
  const below = commit.files.filter(({ path }) => path.startsWith(prefix));
  if (below.length === 0 && directory !== "") return undefined;
  const entries = new Map<string, TreeEntry>();
  for (const file of below) {
    const parts = file.path.slice(prefix.length).split("/");
    for (let depth = 1; depth < parts.length && (recursive || depth === 1); depth++) {
      const path = prefix + parts.slice(0, depth).join("/");
      entries.set(path, describeDirectory(path, commit));
    }
    if (recursive || parts.length === 1) entries.set(file.path, describeFile(file));
  }
  return [...entries.values()];
}

/** The named files and directories of a commit; names that it does not have are left out. */
export function describePaths(commit: Commit, paths: readonly string[]): TreeEntry[] {
  return paths.flatMap((path) => {
    const file = commit.files.find((candidate) => candidate.path === path);
    if (file !== undefined) return describeFile(file);
    return commit.files.some((candidate) => candidate.path.startsWith(`${path}/`))
      ? describeDirectory(path, commit)
      : [];
  });
}

function describeFile({ path, content, oid, lfs }: HubFile): TreeEntry {
  const large = lfs && { lfs: { oid: lfs.sha256, size: content.length, pointerSize: lfs.pointerSize } };
  return { type: "file", oid, size: content.length, path, ...large };
}

function describeDirectory(path: string, commit: Commit): TreeEntry {
  const oid = createHash("sha1").update(`${commit.sha} ${path}`).digest("hex");
  return { type: "directory", oid, size: 0, path };
}
