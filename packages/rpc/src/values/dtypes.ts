interface DTypeInfo {
  readonly View: TypedArrayConstructor;
  /** How many numbers of the typed array form one element: 2 for complex dtypes. */
  readonly width: 1 | 2;
}

type TypedArrayConstructor =
  | typeof Int8Array
  | typeof Int16Array
  | typeof Int32Array
  | typeof BigInt64Array
  | typeof Uint8Array
  | typeof Uint16Array
  | typeof Uint32Array
  | typeof BigUint64Array
  | typeof Float32Array
  | typeof Float64Array;

/** The typed array of each dtype in the protocol. */
export const dtypes = {
  bool: { View: Uint8Array, width: 1 },
  int8: { View: Int8Array, width: 1 },
  int16: { View: Int16Array, width: 1 },
  int32: { View: Int32Array, width: 1 },
  int64: { View: BigInt64Array, width: 1 },
  uint8: { View: Uint8Array, width: 1 },
  uint16: { View: Uint16Array, width: 1 },
  uint32: { View: Uint32Array, width: 1 },
  uint64: { View: BigUint64Array, width: 1 },
  float16: { View: Uint16Array, width: 1 },
  float32: { View: Float32Array, width: 1 },
  float64: { View: Float64Array, width: 1 },
  bfloat16: { View: Uint16Array, width: 1 },
  float8_e4m3fn: { View: Uint8Array, width: 1 },
  float8_e5m2: { View: Uint8Array, width: 1 },
  complex64: { View: Float32Array, width: 2 },
  complex128: { View: Float64Array, width: 2 },
} as const satisfies Record<string, DTypeInfo>;

/** The type of an array's elements, with numpy's name. */
export type DType = keyof typeof dtypes;

/** The typed array for elements of a dtype; raw bits for floats that JavaScript lacks. */
export type DataOf<D extends DType> = InstanceType<(typeof dtypes)[D]["View"]>;

export type TypedArray = DataOf<DType>;

export function isDType(name: unknown): name is DType {
  return typeof name === "string" && Object.hasOwn(dtypes, name);
}

const inferred = new Map<unknown, DType>([
  [Int8Array, "int8"],
  [Int16Array, "int16"],
  [Int32Array, "int32"],
  [BigInt64Array, "int64"],
  [Uint8Array, "uint8"],
  [Uint8ClampedArray, "uint8"],
  [Uint16Array, "uint16"],
  [Uint32Array, "uint32"],
  [BigUint64Array, "uint64"],
  [Float32Array, "float32"],
  [Float64Array, "float64"],
]);

/** The default dtype of a typed array. */
export function dtypeOf(data: ArrayBufferView): DType | undefined {
  return inferred.get(data.constructor);
}
