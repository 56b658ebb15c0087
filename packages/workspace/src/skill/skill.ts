import { basename, join, resolve } from "node:path";
import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import type { Files } from "../files/file-content.ts";
import { readFiles } from "../files/read-files.ts";
import { checkRelativePath } from "../files/relative-path.ts";
import { type Frontmatter, formatFrontmatter, parseFrontmatter } from "./frontmatter.ts";

export interface SkillOptions {
  /** Files by their path in the skill's directory, `SKILL.md` among them. */
  files: Files;
}

export interface NewSkillOptions extends Frontmatter {
  /** Files beside SKILL.md. */
  files?: Files;
}

/** An Agent Skill: a directory whose SKILL.md tells an agent how to do something, with the files it needs for it. */
export class Skill {
  readonly name: string;
  readonly description: string;
  /** The markdown of SKILL.md, below its frontmatter. */
  readonly instructions: string;
  readonly files: Files;

  /** @throws SeerError `workspace/invalid-skill` or `workspace/unsafe-path` */
  constructor({ files }: SkillOptions, where = "SKILL.md") {
    const source = files["SKILL.md"];
    if (typeof source !== "string") {
      const problem = source === undefined ? "does not exist" : "is not UTF-8";
      throw new SeerError<WorkspaceErrorCode>("workspace/invalid-skill", `${where} ${problem}`);
    }
    const { name, description, instructions } = parseFrontmatter(source, where);
    for (const path of Object.keys(files)) checkRelativePath(path, `The skill ${name}`);
    this.name = name;
    this.description = description;
    this.instructions = instructions;
    this.files = Object.freeze({ ...files });
  }

  /** Writes a new skill, SKILL.md included. */
  static create({ files = {}, ...frontmatter }: NewSkillOptions): Skill {
    return new Skill({ files: { ...files, "SKILL.md": formatFrontmatter(frontmatter) } });
  }

  /** Reads a skill from its directory, whose name must be the skill's. */
  static async fromDirectory(path: string): Promise<Skill> {
    const files = await readFiles(path, {
      ignore: (name) => name === "__pycache__" || name === ".git" || name.endsWith(".pyc"),
    });
    const where = join(path, "SKILL.md");
    const skill = new Skill({ files }, where);
    const folder = basename(resolve(path));
    if (skill.name !== folder) {
      throw new SeerError<WorkspaceErrorCode>(
        "workspace/invalid-skill",
        `${where} is named ${skill.name}, but its directory ${folder}; the two must be the same`,
        { hint: "Rename one of them." },
      );
    }
    return skill;
  }
}
