/** A word as a POSIX shell reads it back, whatever is in it. */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line whose words reach the program as they are. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
