import { StringDecoder } from "node:string_decoder";

/** Keeps the last output of a process, for error messages. */
export class LineTail {
  readonly #decoder = new StringDecoder("utf8");
  readonly #limit: number;
  #text = "";

  constructor(limit = 8000) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(chunk)).slice(-this.#limit);
  }

  last(lines: number): string {
    return this.#text.trimEnd().split("\n").slice(-lines).join("\n");
  }
}
