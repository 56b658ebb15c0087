/** Breaks lines at spaces so that they fit; a word that is too long stays whole. Continued lines are indented. */
export function wrap(text: string, width: number, hanging = ""): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, width, hanging))
    .join("\n");
}

function wrapLine(line: string, width: number, hanging: string): string {
  if (line.length <= width) return line;
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = hanging + word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].join("\n");
}

export function indent(text: string, by: string): string {
  return text.replaceAll(/^/gm, by);
}

/** Cuts a line that is too long, visibly. */
export function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
