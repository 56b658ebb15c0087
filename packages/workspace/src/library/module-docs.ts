const docstring = /^[rRuU]?("""|''')([\s\S]*?)\1|^[rRuU]?(["'])((?:(?!\3)[^\n\\])*)\3/;

/** Returns the docstring of a Python file, or its leading comment if it has no docstring. */
export function moduleDocs(source: string): string {
  const header = /^(?:\uFEFF)?((?:[ \t]*(?:#[^\n]*)?\r?\n)*)/.exec(source);
  const body = source.slice(header?.[0].length ?? 0);
  const match = docstring.exec(body);
  if (match !== null) return dedent(match[2] ?? match[4] ?? "");
  return comment(header?.[1] ?? "");
}

function comment(header: string): string {
  const lines = header.split(/\r?\n/).filter((line) => !/^#!|^#.*coding[:=]/.test(line));
  return lines
    .map((line) => line.replace(/^\s*#+ ?/, ""))
    .join("\n")
    .trim();
}

// As Python's inspect.cleandoc: the first line has no indentation to measure.
function dedent(text: string): string {
  const [first = "", ...rest] = text.split(/\r?\n/);
  const indents = rest.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const indent = indents.length === 0 ? 0 : Math.min(...indents);
  return [first.trim(), ...rest.map((line) => line.slice(indent).trimEnd())].join("\n").trim();
}
