import type { JsonSchema, NdArray } from "@seer/rpc";

const wholeElements = 64;
const firstElements = 8;
const firstBytes = 96;

const float: JsonSchema = { type: ["number", "string"] };

/** The schema of `previewArray`, but for a single complex number. */
export const arrayPreviewSchema: JsonSchema = {
  type: "object",
  description: "An array, too large for a conversation: its dtype, shape, statistics and first elements.",
  properties: {
    dtype: { type: "string" },
    shape: { type: "array", items: { type: "integer" } },
    min: float,
    max: float,
    mean: float,
    nonFinite: {
      type: "integer",
      description: "How many elements are NaN or infinite; they are left out above.",
    },
    first: { type: "array", description: `The first ${firstElements} elements, in C order.` },
    values: { description: `All elements, where they are no more than ${wholeElements}.` },
  },
  required: ["dtype", "shape"],
};

/** The schema of `previewBytes`. */
export const bytesPreviewSchema: JsonSchema = {
  type: "object",
  properties: {
    length: { type: "integer" },
    base64: { type: "string", description: `The first ${firstBytes} bytes.` },
  },
  required: ["length", "base64"],
};

/** What an agent reads instead of an array. */
export function previewArray(array: NdArray): unknown {
  if (array.dtype === "complex128" && array.shape.length === 0) return complexText(array.data);
  const { dtype, shape, size } = array;
  const elements = dtype.startsWith("complex") ? undefined : elementsOf(array);
  return {
    dtype,
    shape,
    ...(elements === undefined || size === 0 ? {} : statistics(elements)),
    ...(size <= wholeElements
      ? { values: round(array.toNestedList()) }
      : { first: firstOf(array, elements) }),
  };
}

export function previewBytes(bytes: Uint8Array): Record<string, unknown> {
  return { length: bytes.length, base64: Buffer.from(bytes.subarray(0, firstBytes)).toString("base64") };
}

/** A single complex number travels as an array, and is read as Python writes it. */
function complexText([real = 0, imaginary = 0]: ArrayLike<unknown> & Iterable<unknown>): string {
  const sign = Number(imaginary) < 0 ? "" : "+";
  return `${real}${sign}${imaginary}j`;
}

type Elements = ArrayLike<number> | ArrayLike<bigint>;

/** The elements as numbers; those dtypes that have no typed array are held as bits. */
function elementsOf(array: NdArray): Elements {
  return /float16|float8/.test(array.dtype) ? array.toFloat32() : array.data;
}

function statistics(elements: Elements): Record<string, unknown> {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < elements.length; i++) {
    const value = Number(elements[i]);
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count++;
  }
  const nonFinite = elements.length - count;
  return {
    ...(count === 0 ? {} : { min: round(min), max: round(max), mean: round(sum / count) }),
    ...(nonFinite === 0 ? {} : { nonFinite }),
  };
}

function firstOf({ data }: NdArray, elements: Elements | undefined): unknown {
  if (elements !== undefined) {
    return Array.from({ length: firstElements }, (_, i) => round(elements[i]));
  }
  // Complex numbers, as pairs.
  return Array.from({ length: firstElements }, (_, i) => round([data[2 * i], data[2 * i + 1]]));
}

/** Float32 has seven digits; more would be noise to read. */
function round(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(round);
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(7)) : value;
}
