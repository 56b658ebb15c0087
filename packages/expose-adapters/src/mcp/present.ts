import { NdArray, RemoteRef } from "@seer/rpc";
import { previewArray, previewBytes } from "./preview.ts";

/** A result as the JSON that an agent reads: previews instead of arrays, names for the floats that JSON lacks. */
export function present(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return rawNumber(String(value));
    case "object":
      return value === null ? null : presentObject(value);
    default:
      return value ?? null;
  }
}

function presentObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(present);
  if (NdArray.isInstance(value)) return present(previewArray(value));
  if (value instanceof Uint8Array) return previewBytes(value);
  if (RemoteRef.isInstance(value)) {
    return { $seer: "ref", id: value.id, type: value.type, summary: value.summary };
  }
  const entries =
    value instanceof Map ? [...value].map(([key, item]) => [keyOf(key), item]) : Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, present(item)]));
}

function keyOf(key: unknown): string {
  return typeof key === "object" ? JSON.stringify(present(key)) : String(key);
}

/** A number that transports write with all its digits. TypeScript's library does not know `rawJSON` yet. */
function rawNumber(digits: string): object {
  return (JSON as unknown as { rawJSON(text: string): object }).rawJSON(digits);
}
