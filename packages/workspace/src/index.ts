export type { WorkspaceErrorCode } from "./errors.ts";
export type { FileContent, Files } from "./files/file-content.ts";
export { directoryTarget } from "./install/directory-target.ts";
export {
  type InstalledWorkspace,
  type InstallOptions,
  installWorkspace,
} from "./install/install-workspace.ts";
export { Library, type LibraryNameOptions, type LibraryOptions } from "./library/library.ts";
export { type NewSkillOptions, Skill, type SkillOptions } from "./skill/skill.ts";
export { Workspace, type WorkspaceOptions } from "./workspace.ts";
