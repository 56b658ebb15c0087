// More than anyone reads, and less than what a loop that prints for ever would fill memory with.
const maxCharacters = 16 * 1024 * 1024;

/** Text that grows up to a limit, and then only counts. */
export class BoundedText {
  #text = "";
  #leftOut = 0;

  append(text: string): void {
    const room = maxCharacters - this.#text.length;
    this.#text += text.length <= room ? text : text.slice(0, room);
    this.#leftOut += Math.max(0, text.length - room);
  }

  toString(): string {
    if (this.#leftOut === 0) return this.#text;
    return `${this.#text}\n[... ${this.#leftOut} more characters left out ...]\n`;
  }
}
