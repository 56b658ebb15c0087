import { RpcError } from "../errors.ts";
import { dtypeOf } from "./dtypes.ts";
import { rawNumber } from "./json.ts";
import { NdArray } from "./nd-array.ts";
import { Picture } from "./picture.ts";
import { RemoteRef } from "./remote-ref.ts";

// Deep enough for real data, and small enough to detect a circular value before the stack overflows.
const maxDepth = 500;

/**
 * Converts a value to one that `JSON.stringify` writes as the protocol's JSON.
 *
 * Buffers are appended to `buffers`; without it, they are included in the JSON as base64.
 *
 * @throws RpcError `rpc/unserialisable`, naming the value by its path
 */
export function encodeValue(value: unknown, buffers?: Uint8Array[]): unknown {
  return new Encoder(buffers).encode(value);
}

class Encoder {
  readonly #buffers: Uint8Array[] | undefined;
  /** The keys and indices that lead to the current value. */
  readonly #path: (string | number)[] = [];

  constructor(buffers: Uint8Array[] | undefined) {
    this.#buffers = buffers;
  }

  encode(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return encodeNumber(value);
      case "bigint":
        return rawNumber(String(value));
      case "undefined":
        return null;
      case "object":
        return value === null ? null : this.#encodeObject(value);
      default:
        throw this.#unserialisable(`a ${typeof value}`);
    }
  }

  #encodeObject(value: object): unknown {
    if (this.#path.length > maxDepth) {
      this.#path.length = 3;
      throw this.#unserialisable("circular, or nested too deeply");
    }
    if (Array.isArray(value)) return this.#encodeList(value);
    if (ArrayBuffer.isView(value)) return this.#encodeView(value);
    if (NdArray.isInstance(value)) return this.#encodeArray(value);
    if (RemoteRef.isInstance(value)) {
      return { $seer: "ref", id: value.id, type: value.type, summary: value.summary };
    }
    if (value instanceof Map) return this.#encodeMap(value);
    if (value instanceof Set) return this.#encodeList([...value]);
    if (value instanceof ArrayBuffer) return this.#encodeView(new Uint8Array(value));
    if (value instanceof Promise) throw this.#unserialisable("a Promise (is an `await` missing?)");
    if ("toJSON" in value && typeof value.toJSON === "function") return this.encode(value.toJSON());
    return this.#encodeRecord(value as Record<string, unknown>);
  }

  // Most lists and records are plain JSON, so they are copied only if an item has to be encoded.
  #encodeList(list: readonly unknown[]): unknown[] {
    let copy: unknown[] | undefined;
    for (let i = 0; i < list.length; i++) {
      const encoded = isPlain(list[i]) ? list[i] : this.#encodeAt(i, list[i]);
      if (copy === undefined && encoded !== list[i]) copy = list.slice(0, i);
      copy?.push(encoded);
    }
    return copy ?? (list as unknown[]);
  }

  #encodeRecord(record: Record<string, unknown>): unknown {
    if (Object.hasOwn(record, "$seer")) return this.#encodeItems(Object.entries(record));
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(record)) {
      const value = record[key];
      if (value === undefined) continue;
      const encoded = this.#encodeAt(key, value);
      if (encoded === value) continue;
      // No prototype, so that `__proto__` is an ordinary key.
      copy ??= Object.assign(Object.create(null) as Record<string, unknown>, record);
      copy[key] = encoded;
    }
    return copy ?? record;
  }

  #encodeMap(map: ReadonlyMap<unknown, unknown>): unknown {
    const entries = [...map];
    if (entries.some(([key]) => typeof key !== "string" || key === "$seer"))
      return this.#encodeItems(entries);
    const record = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of entries) record[key as string] = value;
    return this.#encodeRecord(record);
  }

  #encodeItems(entries: readonly (readonly [unknown, unknown])[]): unknown {
    const items = entries.map(([key, value]) => [this.encode(key), this.#encodeAt(String(key), value)]);
    return { $seer: "dict", items };
  }

  #encodeView(view: ArrayBufferView): unknown {
    if (Picture.isInstance(view)) {
      return { $seer: "picture", mediaType: view.mediaType, ...this.#attach(view) };
    }
    if (view instanceof Uint8Array) return { $seer: "bytes", ...this.#attach(view) };
    const dtype = dtypeOf(view);
    if (dtype === undefined) throw this.#unserialisable(`a ${view.constructor.name}`);
    const shape = [(view as unknown as { length: number }).length];
    return { $seer: "array", dtype, shape, ...this.#attach(view) };
  }

  #encodeArray({ dtype, shape, data }: NdArray): unknown {
    return { $seer: "array", dtype, shape, ...this.#attach(data) };
  }

  #attach(view: ArrayBufferView): { buffer: number } | { data: string } {
    if (this.#buffers === undefined) {
      return { data: Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64") };
    }
    this.#buffers.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return { buffer: this.#buffers.length - 1 };
  }

  #encodeAt(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const encoded = this.encode(value);
    this.#path.pop();
    return encoded;
  }

  #unserialisable(what: string): RpcError {
    const path = this.#path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("");
    const where = path === "" ? "The value" : `The value at \`${path.replace(/^\./, "")}\``;
    return new RpcError("rpc/unserialisable", `${where} cannot be sent: it is ${what}`, {
      hint: "Send JSON values, bytes, typed arrays, NdArrays, Maps or RemoteRefs.",
    });
  }
}

/** Whether JSON can represent the value directly, so that no path is needed. */
function isPlain(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  return typeof value === "string" || typeof value === "boolean";
}

function encodeNumber(value: number): unknown {
  if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? rawNumber("-0.0") : value;
  return { $seer: "float", value: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
}
