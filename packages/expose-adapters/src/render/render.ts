import { NdArray, Picture, RemoteRef } from "@seer/rpc";
import { previewArray, wholeArray } from "./render-array.ts";
import { complexText, renderInteger, renderNumber } from "./render-number.ts";

export interface RenderOptions {
  /**
   * `whole` shows all elements of arrays and bytes, for programs; `preview` shows their shape, statistics and first
   * elements, for readers.
   *
   * @default "whole"
   */
  arrays?: "whole" | "preview" | undefined;
  /**
   * Returns what to show instead of a picture; its path is for example `result.plots[0]`.
   *
   * @default the media type, and the bytes in base64 or, in a preview, their number
   */
  picture?: ((picture: Picture, path: string) => unknown) | undefined;
  /** The value's own name in paths. @default "result" */
  name?: string | undefined;
}

const previewBytes = 96;

/**
 * Converts a value that a function returned to JSON: see "Values as JSON" in this package's README.
 *
 * Integers beyond ±2^53 keep their digits when `JSON.stringify` writes them.
 */
export function render(
  value: unknown,
  { arrays = "whole", picture, name = "result" }: RenderOptions = {},
): unknown {
  const isPreview = arrays === "preview";

  function visit(value: unknown, path: string): unknown {
    switch (typeof value) {
      case "number":
        return renderNumber(value);
      case "bigint":
        return renderInteger(value);
      case "object":
        return value === null ? null : visitObject(value, path);
      default:
        return value ?? null;
    }
  }

  function visitObject(value: object, path: string): unknown {
    if (Array.isArray(value)) return value.map((item, i) => visit(item, `${path}[${i}]`));
    if (NdArray.isInstance(value)) return visitArray(value);
    if (Picture.isInstance(value)) return picture === undefined ? pictureFields(value) : picture(value, path);
    if (value instanceof Uint8Array) {
      return isPreview
        ? { length: value.length, base64: base64(value.subarray(0, previewBytes)) }
        : base64(value);
    }
    if (RemoteRef.isInstance(value)) {
      return { $seer: "ref", id: value.id, type: value.type, summary: value.summary };
    }
    const entries = value instanceof Map ? withTextKeys(value) : Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, visit(item, `${path}.${key}`)]));
  }

  function visitArray(array: NdArray): unknown {
    // A single complex number travels as an array.
    if (array.dtype === "complex128" && array.shape.length === 0) return complexText(array.data);
    return isPreview ? previewArray(array) : wholeArray(array);
  }

  function pictureFields(bytes: Picture): unknown {
    const { mediaType, length } = bytes;
    return isPreview ? { mediaType, length } : { mediaType, base64: base64(bytes) };
  }

  return visit(value, name);
}

/** A value as JSON text. */
export function renderJson(
  value: unknown,
  options?: RenderOptions & { indent?: number | undefined },
): string {
  return JSON.stringify(render(value, options), undefined, options?.indent);
}

/** A dict's keys as texts. Two keys may have the same text, such as `1` and `"1"`; then the second is in quotes. */
function withTextKeys(map: ReadonlyMap<unknown, unknown>): [string, unknown][] {
  const taken = new Set<string>();
  return [...map].map(([key, item]) => {
    const shown = render(key);
    let text = typeof shown === "object" ? JSON.stringify(shown) : String(shown);
    while (taken.has(text)) text = JSON.stringify(text);
    taken.add(text);
    return [text, item];
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
