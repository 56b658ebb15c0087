// A program that prints without end must not fill the memory.
const maxCharacters = 16 * 1024 * 1024;

/** Text that grows up to a limit. Further characters are only counted. */
export class BoundedText {
  #text = "";
  #omitted = 0;

  append(text: string): void {
    const room = maxCharacters - this.#text.length;
    this.#text += text.length <= room ? text : text.slice(0, room);
    this.#omitted += Math.max(0, text.length - room);
  }

  toString(): string {
    if (this.#omitted === 0) return this.#text;
    return `${this.#text}\n[... ${this.#omitted} more characters omitted ...]\n`;
  }
}
