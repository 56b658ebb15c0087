/** One Dockerfile instruction. */
export interface Instruction {
  keyword: string;
  value: string;
}

/** The instructions of a Dockerfile, with continued lines joined and comments left out. */
export function parseDockerfile(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let pending = "";
  for (const line of text.split("\n")) {
    if (/^\s*#/.test(line) || (pending === "" && line.trim() === "")) continue;
    if (line.trimEnd().endsWith("\\")) {
      pending += `${line.trimEnd().slice(0, -1)}\n`;
      continue;
    }
    instructions.push(parseInstruction(pending + line));
    pending = "";
  }
  if (pending.trim() !== "") instructions.push(parseInstruction(pending));
  return instructions;
}

/** The variables that an ENV or ARG instruction sets. */
export function parseAssignments(value: string): [name: string, value: string][] {
  const words = splitWords(value);
  if (!words[0]?.includes("=")) {
    const [name = "", ...rest] = value.trim().split(/\s+/);
    return [[name, rest.join(" ")]];
  }
  return words.map((word) => {
    const equals = word.indexOf("=");
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** Replaces `$NAME`, `${NAME}` and `${NAME:-default}`. */
export function expandVariables(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g, (_, braced, fallback, bare) => {
    return variables[braced ?? bare] ?? fallback ?? "";
  });
}

/** The command of a RUN instruction: as it stands in its JSON form, else for the shell. */
export function parseCommand(value: string): string[] {
  if (value.trimStart().startsWith("[")) {
    try {
      return JSON.parse(value) as string[];
    } catch {
      // A shell command may begin with a bracket too.
    }
  }
  return ["/bin/sh", "-c", value.replace(/^(--\w+=\S+\s+)*/, "")];
}

function parseInstruction(line: string): Instruction {
  const [, keyword = "", value = ""] = /^\s*(\S+)\s*([\s\S]*)$/.exec(line) ?? [];
  return { keyword: keyword.toUpperCase(), value };
}

function splitWords(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => {
      return double?.replaceAll(/\\(.)/g, "$1") ?? single ?? escaped;
    }),
  );
}
