/** Wraps lines at spaces; a word that is too long is not broken. Continued lines are indented. */
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

/** Truncates a line that is too long, with an ellipsis. */
export function clip(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
