/** Features of `JSON` in Node 22 that TypeScript's library does not declare yet. */
const json = JSON as unknown as {
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
};

// A run of digits that may be too long for a float64. Digits of a fraction may be rounded.
const manyDigits = /\d{16}/;
const longInteger = /(?<![\d.])\d{16,}(?![\d.eE])/;

/** Parses JSON; integers beyond ±2^53 become BigInts instead of being rounded. */
export function parseJson(text: string): unknown {
  // Use the reviver only if needed, because it makes parsing several times slower.
  if (!manyDigits.test(text) || !longInteger.test(text)) return JSON.parse(text);
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
      ? BigInt(source as string)
      : value,
  );
}

/** A number that `JSON.stringify` writes exactly as given. */
export function rawNumber(text: string): object {
  return json.rawJSON(text);
}
