import { type JsonSchema, NdArray, type NestedList } from "@seer/rpc";
import { complexText, renderInteger, renderNumber } from "./render-number.ts";

const wholeElements = 64;
const firstElements = 8;
/** The precision of float32; further digits are meaningless. */
const float32Digits = 7;

const float: JsonSchema = { anyOf: [{ type: "number" }, { type: "string" }] };

/** The schema of `previewArray`. */
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
    first: { type: "array", items: {}, description: `The first ${firstElements} elements, in C order.` },
    values: { description: `All elements, where they are no more than ${wholeElements}.` },
  },
  required: ["dtype", "shape"],
};

/** All elements as nested lists, one level per dimension. */
export function wholeArray(array: NdArray, digits?: number): unknown {
  const visit = (list: NestedList, dimensions: number): unknown =>
    dimensions > 0 && Array.isArray(list)
      ? list.map((item) => visit(item, dimensions - 1))
      : renderElement(list, digits);
  return visit(array.toNestedList(), array.shape.length);
}

/** A short form of an array for readers. */
export function previewArray(array: NdArray): unknown {
  const { dtype, shape, size } = array;
  const digits = /^(float64|complex128)$/.test(dtype) ? undefined : float32Digits;
  const isComplex = dtype.startsWith("complex");
  return {
    dtype,
    shape,
    ...(isComplex || size === 0 ? {} : statistics(array, digits)),
    ...(size <= wholeElements
      ? { values: wholeArray(array, digits) }
      : { first: wholeArray(firstOf(array, isComplex ? 2 : 1), digits) }),
  };
}

function firstOf({ dtype, data }: NdArray, width: number): NdArray {
  return new NdArray(dtype, [firstElements], data.slice(0, firstElements * width));
}

function renderElement(element: NestedList, digits: number | undefined): unknown {
  if (Array.isArray(element)) return complexText(element.map((part) => round(part, digits)));
  if (typeof element === "bigint") return renderInteger(element);
  return typeof element === "number" ? renderNumber(round(element, digits) as number) : element;
}

function statistics(array: NdArray, digits: number | undefined): Record<string, unknown> {
  // Floats without a typed array in JavaScript are stored as bits.
  const elements = /float16|float8/.test(array.dtype) ? array.toFloat32() : array.data;
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
  const mean = renderNumber(round(sum / count, float32Digits) as number);
  return {
    ...(count === 0 ? {} : { min: round(min, digits), max: round(max, digits), mean }),
    ...(nonFinite === 0 ? {} : { nonFinite }),
  };
}

function round(value: NestedList, digits: number | undefined): NestedList {
  if (digits === undefined || typeof value !== "number" || Number.isInteger(value)) return value;
  return Number(value.toPrecision(digits));
}
