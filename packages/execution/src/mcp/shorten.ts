/** The text without its middle when it is longer than that; `note` says what was left out, given how much it was. */
export function shorten(text: string, maxCharacters: number, note: (leftOut: number) => string): string {
  if (text.length <= maxCharacters) return text;
  const half = Math.floor(maxCharacters / 2);
  const head = text.slice(0, endOfLine(text, half));
  const tail = text.slice(startOfLine(text, text.length - half));
  return `${head}\n${note(text.length - head.length - tail.length)}\n${tail}`;
}

// Cutting at the end of a line keeps rows of a table whole, unless the lines are very long.
const slack = 500;

function endOfLine(text: string, index: number): number {
  const end = text.lastIndexOf("\n", index);
  return end > 0 && index - end < slack ? end : avoidSurrogates(text, index);
}

function startOfLine(text: string, index: number): number {
  const start = text.indexOf("\n", index) + 1;
  return start > 0 && start - index < slack ? start : avoidSurrogates(text, index);
}

function avoidSurrogates(text: string, index: number): number {
  return /[\uDC00-\uDFFF]/.test(text[index] ?? "") ? index + 1 : index;
}
