import { NdArray } from "@seer/rpc";
import { expect, test } from "vitest";
import { present } from "../../src/mcp/present.ts";
import { shorten } from "../../src/mcp/shorten.ts";

test("statistics leave out what is not finite, and count it", () => {
  const array = NdArray.from(Float32Array.of(1, NaN, 3, Infinity));
  expect(present(array)).toEqual({
    dtype: "float32",
    shape: [4],
    min: 1,
    max: 3,
    mean: 2,
    nonFinite: 2,
    values: [1, "NaN", 3, "Infinity"],
  });
  expect(present(NdArray.from(Float64Array.of(NaN)))).toMatchObject({ nonFinite: 1, values: ["NaN"] });
});

test("floats that JavaScript lacks are shown as numbers", () => {
  expect(present(new NdArray("bfloat16", [2], Uint16Array.of(0x3f80, 0xc000)))).toMatchObject({
    min: -2,
    max: 1,
    values: [1, -2],
  });
  expect(present(new NdArray("float32", [1], Float32Array.of(0.1)))).toMatchObject({ values: [0.1] });
});

test("long integers, complex numbers and empty arrays", () => {
  expect(present(NdArray.from(BigInt64Array.of(1n, 5n)))).toMatchObject({ min: 1, max: 5, mean: 3 });
  const complex = new NdArray("complex64", [1], Float32Array.of(1.5, -2));
  expect(present(complex)).toEqual({ dtype: "complex64", shape: [1], values: [[1.5, -2]] });
  expect(present(NdArray.from(new Float32Array(0)))).toEqual({ dtype: "float32", shape: [0], values: [] });
  expect(present(new NdArray("complex128", [], Float64Array.of(1.5, -2)))).toBe("1.5-2j");
  const many = new NdArray("complex128", [100], new Float64Array(200).fill(0.25));
  expect(present(many)).toEqual({
    dtype: "complex128",
    shape: [100],
    first: Array.from({ length: 8 }, () => [0.25, 0.25]),
  });
});

test("bytes are shown by their beginning, and maps as objects", () => {
  expect(present(new Uint8Array(200))).toEqual({ length: 200, base64: "A".repeat(128) });
  expect(
    present(
      new Map<unknown, unknown>([
        [1, "a"],
        [[2, 3], NaN],
      ]),
    ),
  ).toEqual({ 1: "a", "[2,3]": "NaN" });
});

test("what an agent can read is left as it is", () => {
  const value = { list: Array.from({ length: 5000 }, (_, i) => i) };
  expect(shorten(value, "result")).toEqual({ value, json: JSON.stringify(value), cuts: [] });
});

test("what is too long is cut until it can be read, wherever it is", () => {
  const value = { rows: Array.from({ length: 500 }, () => ({ text: "x".repeat(1000) })), name: "a" };
  const { json, cuts, value: short } = shorten(value, "result");
  expect(json.length).toBeLessThanOrEqual(40_000);
  expect(short).toMatchObject({ name: "a" });
  expect(cuts).toContain("result.rows: 30 of 500 items");
  expect(JSON.parse(json)).toEqual(short);
});
