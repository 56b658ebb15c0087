/** What `JSON` can do since ES2025 proposals landed in Node 22, and TypeScript's library does not say yet. */
const json = JSON as unknown as {
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
};

// A run of digits that a float64 may not hold. Digits after a point are a fraction, which may be rounded.
const manyDigits = /\d{16}/;
const longInteger = /(?<![\d.])\d{16,}(?![\d.eE])/;

/** Parses JSON; integers beyond ±2^53 become BigInts instead of being rounded. */
export function parseJson(text: string): unknown {
  // The reviver makes parsing several times slower, and such integers are rare.
  if (!manyDigits.test(text) || !longInteger.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
      ? BigInt(source as string)
      : value,
  );
}

/** A number that `JSON.stringify` writes exactly like this. */
export function rawNumber(text: string): object {
  return json.rawJSON(text);
}
