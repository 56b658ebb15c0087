/**
 * Removes the middle of a text that is longer than `maxCharacters`. With `note`, the text is cut at line ends if
 * possible, and the note is inserted on its own line.
 */
export function shorten(text: string, maxCharacters: number, note?: (leftOut: number) => string): string {
  if (text.length <= maxCharacters) return text;
  if (note === undefined) {
    const tail = Math.floor((maxCharacters - 1) / 3);
    const [head, rest] = [maxCharacters - 1 - tail, text.length - tail];
    return `${text.slice(0, wholeCharacter(text, head))}…${text.slice(wholeCharacter(text, rest))}`;
  }
  const half = Math.floor(maxCharacters / 2);
  const head = text.slice(0, endOfLine(text, half));
  const tail = text.slice(startOfLine(text, text.length - half));
  return `${head}\n${note(text.length - head.length - tail.length)}\n${tail}`;
}

// Cutting at line ends keeps table rows whole; very long lines are cut anyway.
const slack = 500;

function endOfLine(text: string, index: number): number {
  const end = text.lastIndexOf("\n", index);
  return end > 0 && index - end < slack ? end : wholeCharacter(text, index);
}

function startOfLine(text: string, index: number): number {
  const start = text.indexOf("\n", index) + 1;
  return start > 0 && start - index < slack ? start : wholeCharacter(text, index);
}

/** Returns the index, or the next one if it is in the middle of a surrogate pair. */
function wholeCharacter(text: string, index: number): number {
  return /[\uDC00-\uDFFF]/.test(text[index] ?? "") ? index + 1 : index;
}
