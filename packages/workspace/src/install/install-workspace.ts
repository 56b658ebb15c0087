import type { WriteTarget } from "@seer/config";
import { Skill } from "../skill/skill.ts";
import { checkUnique, type Workspace } from "../workspace.ts";
import { libraryDirectory, planInstall, skillDirectory } from "./plan-install.ts";

export interface InstallOptions {
  /** The workspace's directory in the target. */
  root: string;
  signal?: AbortSignal | undefined;
}

export interface InstalledWorkspace {
  /** Directory of the libraries, for `PYTHONPATH`. */
  readonly libraryDir: string;
  /** Directory of the skills, with one directory per skill. */
  readonly skillDir: string;
  /** Names of the libraries. */
  readonly libraries: readonly string[];
  /** Names of the skills. */
  readonly skills: readonly string[];
}

/**
 * Writes a workspace's libraries, skills and files into a directory or a sandbox.
 *
 * @throws SeerError with a `workspace/…` code, before anything is written (except for a local file that cannot be read)
 */
export async function installWorkspace(
  workspace: Workspace,
  target: WriteTarget,
  { root, signal }: InstallOptions,
): Promise<InstalledWorkspace> {
  const fromDirs = await Promise.all(workspace.skillDirs.map((path) => Skill.fromDirectory(path)));
  const skills = [...workspace.skills, ...fromDirs];
  checkUnique("skills", skills);
  const plan = await planInstall(workspace, skills);

  const libraryDir = inside(root, libraryDirectory);
  const skillDir = inside(root, skillDirectory);
  await target.ensureDir(libraryDir);
  for (const [path, file] of plan) {
    signal?.throwIfAborted();
    await target.writeFile(inside(root, path), await file.read());
  }
  return {
    libraryDir,
    skillDir,
    libraries: workspace.libraries.map(({ name }) => name),
    skills: skills.map(({ name }) => name),
  };
}

function inside(root: string, path: string): string {
  return `${root.replace(/\/+$/, "")}/${path}`;
}
