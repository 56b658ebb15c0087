import { basename, join, resolve } from "node:path";
import { SeerError } from "@seer/config";
import type { WorkspaceErrorCode } from "../errors.ts";
import type { Files } from "../files/file-content.ts";
import { readFiles } from "../files/read-files.ts";
import { checkRelativePath } from "../files/relative-path.ts";
import { type Frontmatter, formatFrontmatter, parseFrontmatter } from "./frontmatter.ts";

export interface SkillOptions {
  /** Files by their path in the skill's directory, including `SKILL.md`. */
  files: Files;
}

export interface NewSkillOptions extends Frontmatter {
  /** Files beside SKILL.md. */
  files?: Files;
}

/** An Agent Skill: a directory with instructions in SKILL.md and the files that they use. */
export class Skill {
  readonly name: string;
  readonly description: string;
  /** The markdown of SKILL.md after the frontmatter. */
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

  /** Creates a skill, and generates its SKILL.md. */
  static create({ files = {}, ...frontmatter }: NewSkillOptions): Skill {
    return new Skill({ files: { ...files, "SKILL.md": formatFrontmatter(frontmatter) } });
  }

  /** Reads a skill from its directory, which must have the skill's name. */
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
        `${where} has the name ${skill.name}, but its directory is called ${folder}`,
        { hint: "Rename one of them: the two names must be equal." },
      );
    }
    return skill;
  }
}
