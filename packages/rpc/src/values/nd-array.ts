import { type DataOf, type DType, dtypeOf, dtypes, type TypedArray } from "./dtypes.ts";
import { widen } from "./small-floats.ts";

/** Nested lists of an array's elements; a complex element is a pair. */
export type NestedList = number | bigint | boolean | NestedList[];

const marker = Symbol.for("seer.rpc.nd-array");

/**
 * An array or tensor: a shape, and the elements in C order in one typed array.
 *
 * `bool` is stored as bytes 0 and 1, complex numbers as pairs, and `float16`, `bfloat16` and the `float8` types as
 * their bits, which `toFloat32` converts.
 *
 * @example
 * const image = new NdArray("float32", [2, 3], new Float32Array(6));
 */
export class NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: DataOf<D>;

  /** @throws RangeError if the length of `data` does not match `shape` */
  constructor(dtype: D, shape: readonly number[], data: DataOf<D>) {
    const expected = sizeOf(shape) * dtypes[dtype].width;
    if (data.length !== expected) {
      throw new RangeError(
        `A ${dtype} array of shape [${shape.join(", ")}] needs ${expected} numbers, got ${data.length}`,
      );
    }
    if (!(data instanceof dtypes[dtype].View)) {
      throw new TypeError(
        `A ${dtype} array needs its data in a ${dtypes[dtype].View.name}, got ${data.constructor.name}`,
      );
    }
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Wraps a typed array without copying it; its type determines the dtype. */
  static from(data: TypedArray, shape: readonly number[] = [data.length]): NdArray {
    const dtype = dtypeOf(data);
    if (dtype === undefined) throw new TypeError(`There is no dtype for a ${data.constructor.name}`);
    return new NdArray(dtype, shape, data);
  }

  static isInstance(value: unknown): value is NdArray {
    return typeof value === "object" && value !== null && marker in value;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The elements as float32, in C order; not copied if they already are. */
  toFloat32(): Float32Array {
    const data: TypedArray = this.data;
    if (dtypes[this.dtype].width === 2) throw new TypeError(`A ${this.dtype} array is complex, not float32`);
    if (data instanceof Float32Array) return data;
    if (data instanceof Uint8Array || data instanceof Uint16Array) {
      const widened = widen(this.dtype, data);
      if (widened !== undefined) return widened;
    }
    return data instanceof BigInt64Array || data instanceof BigUint64Array
      ? Float32Array.from(data, Number)
      : Float32Array.from(data);
  }

  /** The elements as nested lists, one level per dimension. */
  toNestedList(): NestedList {
    const flat = this.#elements();
    const build = (dimension: number, from: number, count: number): NestedList => {
      const length = this.shape[dimension];
      if (length === undefined) return flat(from);
      const step = length === 0 ? 0 : count / length;
      return Array.from({ length }, (_, i) => build(dimension + 1, from + i * step, step));
    };
    return build(0, 0, this.size);
  }

  [Symbol.for("nodejs.util.inspect.custom")](
    _depth: number,
    _options: unknown,
    inspect: (value: unknown) => string,
  ): string {
    return `NdArray ${this.dtype} [${this.shape.join(", ")}] ${inspect(this.data)}`;
  }

  #elements(): (index: number) => NestedList {
    const data: TypedArray = this.data;
    if (dtypes[this.dtype].width === 2) {
      return (index) => [data[2 * index] as number, data[2 * index + 1] as number];
    }
    if (this.dtype === "bool") return (index) => data[index] !== 0;
    const bits = data instanceof Uint8Array || data instanceof Uint16Array;
    const widened = bits ? widen(this.dtype, data) : undefined;
    const values = widened ?? data;
    return (index) => values[index] as number | bigint;
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
