/** Wraps a text at 80 columns; lines after the first are indented. */
export function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(" ")) {
    const longer = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && line.trim() !== "" && longer.length > 80) {
      lines.push(line);
      line = `${" ".repeat(indent)}${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line].join("\n");
}
