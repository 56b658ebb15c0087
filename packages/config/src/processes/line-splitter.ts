/**
 * Splits text that arrives in pieces into lines, in time proportional to the text. A line that is longer than
 * `maxLength` characters is cut there and ends with `…`.
 */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #maxLength: number;
  #pieces: string[] = [];
  #length = 0;

  constructor(onLine: (line: string) => void, { maxLength = 2 ** 16 }: { maxLength?: number } = {}) {
    this.#onLine = onLine;
    this.#maxLength = maxLength;
  }

  add(text: string): void {
    for (const [index, piece] of text.split("\n").entries()) {
      if (index > 0) this.#finish();
      this.#append(piece);
    }
  }

  /** Reports the last line if it has no line break at its end. */
  end(): void {
    if (this.#length > 0) this.#finish();
  }

  #append(piece: string): void {
    if (piece === "") return;
    const room = this.#maxLength - this.#length;
    if (room > 0) this.#pieces.push(piece.slice(0, room));
    this.#length += piece.length;
  }

  #finish(): void {
    const line = this.#pieces.join("");
    const isCut = this.#length > this.#maxLength;
    this.#pieces = [];
    this.#length = 0;
    if (isCut) this.#onLine(`${line}…`);
    else this.#onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
}
