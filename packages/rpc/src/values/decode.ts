import { RpcError } from "../errors.ts";
import { type DataOf, type DType, dtypes, isDType } from "./dtypes.ts";
import { parseJson } from "./json.ts";
import { NdArray } from "./nd-array.ts";
import { Picture } from "./picture.ts";
import { RemoteRef } from "./remote-ref.ts";

/**
 * Decodes a value from the protocol's JSON and its buffers.
 *
 * Arrays are views of the buffers, without copying, where these are aligned.
 *
 * @throws RpcError `rpc/protocol`
 */
export function decodeValue(json: string, buffers: readonly Uint8Array[] = []): unknown {
  const value = parse(json);
  // Most values are plain JSON, and searching the text for the key is much faster than traversing the value.
  return json.includes("$seer") || json.includes("\\u0024") ? revive(value, buffers) : value;
}

function parse(json: string): unknown {
  try {
    return parseJson(json);
  } catch (cause) {
    throw malformed(`a body that is not JSON: ${(cause as Error).message}`);
  }
}

function revive(value: unknown, buffers: readonly Uint8Array[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i], buffers);
    return value;
  }
  const record = value as Record<string, unknown>;
  if (Object.hasOwn(record, "$seer")) return reviveTagged(record, buffers);
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (typeof item === "object" && item !== null) set(record, key, revive(item, buffers));
  }
  return record;
}

function reviveTagged(tagged: Record<string, unknown>, buffers: readonly Uint8Array[]): unknown {
  switch (tagged.$seer) {
    case "float":
      return reviveFloat(tagged.value);
    case "bytes":
      return bufferOf(tagged, buffers);
    case "picture":
      return revivePicture(tagged, buffers);
    case "array":
      return reviveArray(tagged, buffers);
    case "dict":
      return reviveDict(tagged.items, buffers);
    case "ref":
      return new RemoteRef(String(tagged.id), String(tagged.type), String(tagged.summary));
    default:
      throw malformed(`a value of an unknown kind, ${JSON.stringify(tagged.$seer)}`);
  }
}

function revivePicture(tagged: Record<string, unknown>, buffers: readonly Uint8Array[]): Picture {
  const { mediaType } = tagged;
  if (typeof mediaType !== "string") throw malformed("a picture without a media type");
  return new Picture(mediaType, bufferOf(tagged, buffers) as Uint8Array<ArrayBuffer>);
}

function reviveFloat(value: unknown): number {
  if (value === "nan") return NaN;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  throw malformed(`a float ${JSON.stringify(value)}`);
}

function reviveDict(items: unknown, buffers: readonly Uint8Array[]): Map<unknown, unknown> {
  if (!Array.isArray(items)) throw malformed("a dict without items");
  return new Map(
    items.map((item: unknown) => {
      if (!Array.isArray(item) || item.length !== 2) throw malformed("a dict's item that is not a pair");
      return [revive(item[0], buffers), revive(item[1], buffers)];
    }),
  );
}

function reviveArray(tagged: Record<string, unknown>, buffers: readonly Uint8Array[]): NdArray {
  const { dtype, shape } = tagged;
  if (!isDType(dtype)) throw malformed(`an array of dtype ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape) || !shape.every(isLength)) throw malformed("an array without a shape");
  const bytes = bufferOf(tagged, buffers);
  try {
    return new NdArray(dtype, shape, viewOf(dtype, bytes));
  } catch (cause) {
    throw malformed(`an array that does not fit its buffer: ${(cause as Error).message}`);
  }
}

function viewOf<D extends DType>(dtype: D, bytes: Uint8Array): DataOf<D> {
  const { View } = dtypes[dtype];
  const width = View.BYTES_PER_ELEMENT;
  if (bytes.byteLength % width !== 0) throw new RangeError(`${bytes.byteLength} bytes`);
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  return new View(buffer as ArrayBuffer, byteOffset, byteLength / width) as DataOf<D>;
}

function bufferOf({ buffer, data }: Record<string, unknown>, buffers: readonly Uint8Array[]): Uint8Array {
  if (typeof data === "string") return new Uint8Array(Buffer.from(data, "base64"));
  const bytes = isLength(buffer) ? buffers[buffer] : undefined;
  if (bytes === undefined) throw malformed(`a value whose buffer, ${JSON.stringify(buffer)}, is missing`);
  return bytes;
}

function set(record: Record<string, unknown>, key: string, value: unknown): void {
  // Assigning to `__proto__` would change the object's prototype instead of its property.
  if (key === "__proto__") {
    Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    record[key] = value;
  }
}

function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(what: string): RpcError {
  return new RpcError("rpc/protocol", `The host sent ${what}`);
}
