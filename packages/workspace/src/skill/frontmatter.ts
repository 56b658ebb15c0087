import { SeerError, showValue } from "@seer/config";
import { parse, stringify } from "yaml";
import type { WorkspaceErrorCode } from "../errors.ts";

export interface Frontmatter {
  name: string;
  description: string;
  /** The markdown below the frontmatter. */
  instructions: string;
}

/**
 * Parses a SKILL.md according to the Agent Skills specification. Keys other than `name` and `description` are ignored.
 *
 * @throws SeerError `workspace/invalid-skill`
 */
export function parseFrontmatter(source: string, where: string): Frontmatter {
  const match = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?:\r?\n)?---[ \t]*(?:\r?\n([\s\S]*))?$/.exec(source);
  if (match === null) {
    throw invalid(where, "does not begin with frontmatter between two lines `---`");
  }
  const fields = parseYaml(match[1] ?? "", where);
  const { name, description } = fields;
  const nameProblem = problemWithName(name);
  if (nameProblem !== undefined) throw invalid(where, nameProblem);
  const descriptionProblem = problemWithDescription(description);
  if (descriptionProblem !== undefined) throw invalid(where, descriptionProblem);
  return { name: name as string, description: description as string, instructions: (match[2] ?? "").trim() };
}

/** Writes a SKILL.md. */
export function formatFrontmatter({ name, description, instructions }: Frontmatter): string {
  return `---\n${stringify({ name, description }, { lineWidth: 0 })}---\n\n${instructions.trim()}\n`;
}

function parseYaml(text: string, where: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = parse(text);
  } catch (cause) {
    const { message } = cause as Error;
    // The parser is recursive.
    if (message.startsWith("Maximum call stack size exceeded"))
      throw invalid(where, "has frontmatter that is nested too deeply", cause);
    throw invalid(where, `has frontmatter that is not YAML: ${message}`, cause);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw invalid(where, "has frontmatter that is not a mapping with `name` and `description`");
  }
  return fields as Record<string, unknown>;
}

function problemWithName(name: unknown): string | undefined {
  if (name === undefined || name === null) return "has no `name` in its frontmatter";
  if (typeof name !== "string" || !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    return `has the name ${showValue(name)}; expected lowercase letters, digits and single hyphens between them`;
  }
  if (name.length > 64) return `has a name of ${name.length} characters; at most 64 are allowed`;
  return undefined;
}

function problemWithDescription(description: unknown): string | undefined {
  if (typeof description !== "string" || description.trim() === "") {
    return "has no `description` in its frontmatter: say what the skill does and when to use it";
  }
  if (description.length > 1024) {
    return `has a description of ${description.length} characters; at most 1024 are allowed`;
  }
  return undefined;
}

function invalid(where: string, problem: string, cause?: unknown) {
  return new SeerError<WorkspaceErrorCode>("workspace/invalid-skill", `${where} ${problem}`, { cause });
}
