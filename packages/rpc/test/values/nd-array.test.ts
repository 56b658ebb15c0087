import { inspect } from "node:util";
import { expect, test } from "vitest";
import { NdArray } from "../../src/index.ts";

test("its data must have the elements of its shape, in the typed array of its dtype", () => {
  expect(() => new NdArray("float32", [2, 3], new Float32Array(5))).toThrow(
    "shape [2, 3] needs 6 numbers, got 5",
  );
  expect(() => new NdArray("bfloat16", [1], new Uint8Array(1) as never)).toThrow("Uint16Array");
  expect(new NdArray("complex64", [3], new Float32Array(6)).size).toBe(3);
  expect(new NdArray("float32", [], new Float32Array(1)).size).toBe(1);
});

test.each([
  [
    "bfloat16",
    Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x7fc0, 0x0001),
    [1, -3.140625, Infinity, NaN, 2 ** -133],
  ],
  [
    "float16",
    Uint16Array.of(0x3c00, 0xc248, 0x7c00, 0xfc00, 0x7e00, 0x0001, 0x7bff),
    [1, -3.140625, Infinity, -Infinity, NaN, 2 ** -24, 65_504],
  ],
  ["float8_e4m3fn", Uint8Array.of(0x38, 0xb8, 0x7e, 0x7f, 0x01, 0x00), [1, -1, 448, NaN, 2 ** -9, 0]],
  [
    "float8_e5m2",
    Uint8Array.of(0x3c, 0x7b, 0x7c, 0xfc, 0x7f, 0x01),
    [1, 57_344, Infinity, -Infinity, NaN, 2 ** -16],
  ],
  ["float64", Float64Array.of(0.5, 3), [0.5, 3]],
  ["int64", BigInt64Array.of(-3n, 7n), [-3, 7]],
  ["bool", Uint8Array.of(1, 0), [1, 0]],
] as const)("%s widens to float32", (dtype, data, expected) => {
  expect([...new NdArray(dtype, [data.length], data).toFloat32()]).toEqual(expected);
});

test("float32 is not copied", () => {
  const data = Float32Array.of(1, 2);
  expect(NdArray.from(data).toFloat32()).toBe(data);
});

test("nested lists follow the shape", () => {
  expect(NdArray.from(Int16Array.of(1, 2, 3, 4, 5, 6), [3, 2]).toNestedList()).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(new NdArray("bool", [2], Uint8Array.of(1, 0)).toNestedList()).toEqual([true, false]);
  expect(new NdArray("complex64", [1], Float32Array.of(1, -2)).toNestedList()).toEqual([[1, -2]]);
  expect(new NdArray("bfloat16", [], Uint16Array.of(0x3f80)).toNestedList()).toBe(1);
  expect(new NdArray("float32", [2, 0, 3], new Float32Array(0)).toNestedList()).toEqual([[], []]);
});

test("a complex array has no float32 form", () => {
  expect(() => new NdArray("complex128", [1], Float64Array.of(1, 2)).toFloat32()).toThrow("complex");
});

test("prints as what it is", () => {
  expect(inspect(NdArray.from(Float32Array.of(1), [1, 1]))).toBe(
    "NdArray float32 [1, 1] Float32Array(1) [ 1 ]",
  );
});
