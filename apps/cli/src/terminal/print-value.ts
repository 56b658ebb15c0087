import { NdArray, RemoteRef } from "@seer/rpc";

/**
 * A function's result as JSON: arrays and tensors as nested lists, and what JSON has no word for (NaN, bytes, keys that
 * are no strings) as the objects with the key `$seer` that the RPC protocol describes.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item) => plain(item), indent) ?? "null";
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return rawJson(String(value));
  if (typeof value === "number" && !Number.isFinite(value)) {
    return { $seer: "float", value: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
  }
  if (NdArray.isInstance(value)) return value.toNestedList();
  if (RemoteRef.isInstance(value))
    return { $seer: "ref", id: value.id, type: value.type, summary: value.summary };
  if (value instanceof Uint8Array) return { $seer: "bytes", data: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { $seer: "dict", items: [...value] };
  return value;
}

/** Integers beyond 2^53 are written digit by digit; TypeScript does not know the function yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };
