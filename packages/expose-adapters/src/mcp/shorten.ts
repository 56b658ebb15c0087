/** Claude Code truncates results over about 25,000 tokens, and numbers take nearly one token per character. */
const mostCharacters = 40_000;
const itemLimits = [1000, 300, 100, 30, 10, 3];
const charactersPerItem = 20;

export interface Shortened {
  value: unknown;
  json: string;
  /** What was shortened, such as `result.embedding: 100 of 3584 items`. */
  cuts: string[];
}

/** Shortens lists and texts until a value has a readable length. */
export function shorten(value: unknown, name: string): Shortened {
  let shortened: Shortened = { value, json: JSON.stringify(value), cuts: [] };
  for (const items of itemLimits) {
    if (shortened.json.length <= mostCharacters) break;
    const cuts: string[] = [];
    const cutValue = cut(value, name, items, cuts);
    shortened = { value: cutValue, json: JSON.stringify(cutValue), cuts };
  }
  return shortened;
}

/** Keeps the end of a text, where a traceback has the error. */
export function lastOf(text: string): string {
  const kept = new KeptText();
  kept.append(text);
  return String(kept);
}

/** The end of a text that arrives in parts. */
export class KeptText {
  #text = "";
  #leftOut = 0;

  append(text: string): void {
    this.#text += text;
    // Not after each part, because parts may be single characters.
    if (this.#text.length > 2 * mostCharacters) this.#cut();
  }

  get isEmpty(): boolean {
    return this.#text.trim() === "";
  }

  toString(): string {
    this.#cut();
    return this.#leftOut === 0 ? this.#text : `[${this.#leftOut} characters left out]\n${this.#text}`;
  }

  #cut(): void {
    const over = Math.max(0, this.#text.length - mostCharacters);
    this.#leftOut += over;
    this.#text = this.#text.slice(over);
  }
}

function cut(value: unknown, path: string, items: number, cuts: string[]): unknown {
  if (typeof value === "string") return cutText(value, path, items * charactersPerItem, cuts);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    if (value.length > items) cuts.push(`${path}: ${items} of ${value.length} items`);
    return value.slice(0, items).map((item, i) => cut(item, `${path}[${i}]`, items, cuts));
  }
  if (Object.getPrototypeOf(value) === null) return value; // A raw number.
  const entries = Object.entries(value).map(([key, item]) => [key, cut(item, `${path}.${key}`, items, cuts)]);
  return Object.fromEntries(entries);
}

function cutText(text: string, path: string, characters: number, cuts: string[]): string {
  if (text.length <= characters) return text;
  cuts.push(`${path}: ${characters} of ${text.length} characters`);
  return `${text.slice(0, characters)}…`;
}
