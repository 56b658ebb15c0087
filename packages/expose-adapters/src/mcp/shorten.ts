/** Claude Code, for one, cuts what is over about 25,000 tokens, and numbers are nearly a token a character. */
const mostCharacters = 40_000;
const itemLimits = [1000, 300, 100, 30, 10, 3];
const charactersPerItem = 20;

export interface Shortened {
  value: unknown;
  json: string;
  /** What was cut, such as `result.embedding: 100 of 3584 items`. */
  cuts: string[];
}

/** Cuts lists and texts until a value is one that an agent can be expected to read. */
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

/** Keeps the end of a text, where a traceback says what went wrong. */
export function lastOf(text: string): string {
  const over = text.length - mostCharacters;
  return over <= 0 ? text : `[${over} characters left out]\n${text.slice(over)}`;
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
