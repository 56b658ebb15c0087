/** A number for JSON; the values that are not finite become strings. */
export function renderNumber(value: number): number | "NaN" | "Infinity" | "-Infinity" {
  return Number.isFinite(value) ? value : (String(value) as "NaN" | "Infinity" | "-Infinity");
}

/** A complex number in Python syntax, such as `1.5-2j`. */
export function complexText([real = 0, imaginary = 0]: Iterable<unknown>): string {
  const sign = pythonFloat(imaginary).startsWith("-") ? "" : "+";
  return `${pythonFloat(real)}${sign}${pythonFloat(imaginary)}j`;
}

/** An integer for JSON; beyond ±2^53, an object that `JSON.stringify` writes with all digits. */
export function renderInteger(value: bigint): number | object {
  const number = Number(value);
  // TypeScript's library does not declare `rawJSON` yet.
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}

function pythonFloat(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  return String(value).toLowerCase().replace("infinity", "inf");
}
