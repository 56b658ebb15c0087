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
  /** Who asked for it, for messages. */
  from: string;
  /** Reads it; not sooner than it is written, since a workspace may hold more than fits into memory. */
  read: () => Promise<FileContent>;
}

/**
 * Every file of a workspace by its path there.
 *
 * @throws SeerError `workspace/duplicate` when two would be at one path
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
        `${twin.from} and ${file.from} would both be ${path} in the workspace`,
        { hint: "Rename or remove one." },
      );
    }
    plan.set(path, file);
  };
  const addLocal = (local: string, path: string) => {
    const checked = checkRelativePath(withoutRoot(path), `The workspace, for ${local},`);
    add(checked, { from: local, read: () => readContent(local) });
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
    // `data/` means into that directory, as it does for cp.
    addLocal(local, path.endsWith("/") ? `${path}${basename(local)}` : path);
  }
  for (const [local, path] of workspace.localDirs) {
    for (const file of await listFiles(local))
      addLocal(join(local, file), `${path.replace(/\/$/, "")}/${file}`);
  }
  return plan;
}

// In a sandbox the workspace has this absolute path, so people write it.
function withoutRoot(path: string): string {
  return path.replace(new RegExp(`^(?:${sandboxPaths.workspace}/|\\./)+`), "");
}
