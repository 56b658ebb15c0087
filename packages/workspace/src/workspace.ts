import { parseConfig, SeerError, type WorkspaceConfigInput, workspaceConfigSchema } from "@seer/config";
import type { WorkspaceErrorCode } from "./errors.ts";
import type { Library } from "./library/library.ts";
import type { Skill } from "./skill/skill.ts";

export interface WorkspaceOptions extends WorkspaceConfigInput {
  libraries?: readonly Library[] | undefined;
  skills?: readonly Skill[] | undefined;
}

/** The contents of an agent's working directory: libraries, skills, files, and initial code. */
export class Workspace {
  readonly libraries: readonly Library[];
  readonly skills: readonly Skill[];
  readonly skillDirs: readonly string[];
  readonly localFiles: readonly (readonly [localPath: string, workspacePath: string])[];
  readonly localDirs: readonly (readonly [localPath: string, workspacePath: string])[];
  readonly customInitCode: string;
  readonly preloadModels: boolean;
  readonly hiddenModelLoading: boolean;

  /** @throws SeerError `config/invalid` or `workspace/duplicate` */
  constructor({ libraries = [], skills = [], ...input }: WorkspaceOptions = {}) {
    const config = parseConfig("Workspace", workspaceConfigSchema, input);
    checkUnique("libraries", libraries);
    checkUnique("skills", skills);
    this.libraries = [...libraries];
    this.skills = [...skills];
    this.skillDirs = config.skillDirs;
    this.localFiles = config.localFiles;
    this.localDirs = config.localDirs;
    this.customInitCode = config.customInitCode;
    this.preloadModels = config.preloadModels;
    this.hiddenModelLoading = config.hiddenModelLoading;
  }

  /** Returns the documentation of all libraries as markdown, for a prompt. */
  getLibraryDocs(): string {
    return this.libraries
      .map(({ name, docs }) => `## \`import ${name}\`${docs === "" ? "" : `\n\n${docs}`}`)
      .join("\n\n");
  }
}

/** @throws SeerError `workspace/duplicate` if two have the same name */
export function checkUnique(kind: "libraries" | "skills", items: readonly { name: string }[]): void {
  const names = new Set<string>();
  for (const { name } of items) {
    if (names.has(name)) {
      throw new SeerError<WorkspaceErrorCode>(
        "workspace/duplicate",
        `Two ${kind} of the workspace are called ${name}`,
        { hint: "Rename or remove one." },
      );
    }
    names.add(name);
  }
}
