import { basename, join } from "node:path";
import { SeerError, sandboxPaths } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import type { FileContent } from "../files/file-content.ts";
import { listFiles, readContent } from "../files/read-files.ts";
import { checkRelativePath } from "../files/relative-path.ts";
import type { Skill } from "../skill/skill.ts";
import type { Workspace } from "../workspace.ts";

export const libraryDirectory = "lib";
export const skillDirectory = ".claude/skills";

interface PlannedFile {
  /** Its origin, for error messages. */
  from: string;
  /** Reads the content. Called just before writing, because the files of a workspace may not fit into memory. */
  read: () => Promise<FileContent>;
}

/**
 * Returns every file to install, by its path in the workspace.
 *
 * @throws SeerError `workspace/duplicate` if two files have the same path
 */
export async function planInstall(
  workspace: Workspace,
  skills: readonly Skill[],
): Promise<ReadonlyMap<string, PlannedFile>> {
  const plan = new Map<string, PlannedFile>();
  const add = (path: string, file: PlannedFile) => {
    const twin = plan.get(path);
    if (twin !== undefined) {
      throw new SeerError<WorkspaceErrorCode>(
        "workspace/duplicate",
        `${twin.from} and ${file.from} have the same path ${path} in the workspace`,
        { hint: "Rename or remove one." },
      );
    }
    plan.set(path, file);
  };
  const addLocal = (local: string, path: string, realPath = local) => {
    const checked = checkRelativePath(withoutRoot(path), `The workspace, for ${local},`);
    add(checked, { from: local, read: () => readContent(realPath) });
  };

  for (const library of workspace.libraries) {
    for (const [path, content] of Object.entries(library.importableFiles)) {
      add(`${libraryDirectory}/${path}`, { from: `the library ${library.name}`, read: async () => content });
    }
  }
  for (const skill of skills) {
    for (const [path, content] of Object.entries(skill.files)) {
      const inside = `${skillDirectory}/${skill.name}/${path}`;
      add(inside, { from: `the skill ${skill.name}`, read: async () => content });
    }
  }
  for (const [local, path] of workspace.localFiles) {
    // As for cp, `data/` means a file in that directory.
    addLocal(local, path.endsWith("/") ? `${path}${basename(local)}` : path);
  }
  for (const [local, path] of workspace.localDirs) {
    for (const file of await listFiles(local)) {
      addLocal(join(local, file.path), `${path.replace(/\/$/, "")}/${file.path}`, file.realPath);
    }
  }
  return plan;
}

// Users may write the workspace's absolute path in a sandbox.
function withoutRoot(path: string): string {
  return path.replace(new RegExp(`^(?:${sandboxPaths.workspace}/|\\./)+`), "");
}
