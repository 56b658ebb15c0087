import { inspect } from "node:util";

const longest = 80;

/** A value for an error message, shortened to 80 characters. */
export function showValue(value: unknown): string {
  const text = toText(value);
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

function toText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // It contains itself, as YAML with aliases may, or a BigInt, or it is nested too deeply.
    return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY });
  }
}
