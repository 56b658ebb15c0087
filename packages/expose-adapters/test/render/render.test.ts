import { NdArray, Picture, RemoteRef } from "@seer/rpc";
import { describe, expect, test } from "vitest";
import { render, renderJson } from "../../src/render/index.ts";

const preview = (value: unknown) => render(value, { arrays: "preview" });

describe("every value is JSON", () => {
  test.each<[string, unknown, string]>([
    ["NaN", NaN, '"NaN"'],
    ["infinities", [Infinity, -Infinity], '["Infinity","-Infinity"]'],
    ["no value", undefined, "null"],
    ["a long integer", 2n ** 63n + 1n, "9223372036854775809"],
    ["a short BigInt", [1n, -2n], "[1,-2]"],
    ["a 0-d int64 array", new NdArray("int64", [], BigInt64Array.of(7n)), "7"],
    [
      "a 0-d int64 array beyond 2^53",
      new NdArray("int64", [], BigInt64Array.of(2n ** 60n)),
      "1152921504606846976",
    ],
    [
      "a 0-d uint64 array",
      new NdArray("uint64", [], BigUint64Array.of(2n ** 64n - 1n)),
      "18446744073709551615",
    ],
    ["a 0-d float32 array of NaN", new NdArray("float32", [], Float32Array.of(NaN)), '"NaN"'],
    ["a 0-d bool array", new NdArray("bool", [], Uint8Array.of(1)), "true"],
    ["a bfloat16 array", new NdArray("bfloat16", [2], Uint16Array.of(0x3f80, 0x7f80)), '[1,"Infinity"]'],
    [
      "an int64 matrix",
      new NdArray("int64", [2, 1], BigInt64Array.of(1n, 2n ** 60n)),
      "[[1],[1152921504606846976]]",
    ],
    ["a complex number", new NdArray("complex128", [], Float64Array.of(1.5, -2)), '"1.5-2j"'],
    ["a complex NaN", new NdArray("complex128", [], Float64Array.of(NaN, -Infinity)), '"nan-infj"'],
    ["a complex negative zero", new NdArray("complex128", [], Float64Array.of(0, -0)), '"0-0j"'],
    ["a complex matrix", new NdArray("complex64", [1, 2], Float32Array.of(1, 2, 3, 4)), '[["1+2j","3+4j"]]'],
    ["an empty array", new NdArray("float32", [0, 3], new Float32Array(0)), "[]"],
    ["bytes", Uint8Array.of(1, 2, 3), '"AQID"'],
    ["a view of bytes", new Uint8Array([0, 1, 2, 3]).subarray(1), '"AQID"'],
    [
      "a dict with number keys",
      new Map([
        [1, 0.5],
        [2, NaN],
      ]),
      '{"1":0.5,"2":"NaN"}',
    ],
    [
      "a dict with other keys",
      new Map<unknown, unknown>([
        [null, 1],
        [true, 2],
        [0.5, 3],
        [2n ** 60n, 4],
      ]),
      '{"null":1,"true":2,"0.5":3,"1152921504606846976":4}',
    ],
    [
      "a dict with tuple keys",
      new Map<unknown, unknown>([
        [[2, "a"], 1],
        [[NaN], 2],
      ]),
      '{"[2,\\"a\\"]":1,"[\\"NaN\\"]":2}',
    ],
    [
      "a dict with complex and bytes keys",
      new Map<unknown, unknown>([
        [new NdArray("complex128", [], Float64Array.of(1, 2)), 3],
        [Uint8Array.of(1, 2, 3), 4],
      ]),
      '{"1+2j":3,"AQID":4}',
    ],
    [
      "a dict whose keys look alike",
      new Map<unknown, unknown>([
        [1, "a"],
        ["1", "b"],
        ['"1"', "c"],
      ]),
      '{"1":"a","\\"1\\"":"b","\\"\\\\\\"1\\\\\\"\\"":"c"}',
    ],
    ["a dict in a dict", { a: new Map([[1, new Map([[2, Infinity]])]]) }, '{"a":{"1":{"2":"Infinity"}}}'],
    [
      "a reference",
      new RemoteRef("r1", "Tensor", "float32 [2]"),
      '{"$seer":"ref","id":"r1","type":"Tensor","summary":"float32 [2]"}',
    ],
    [
      "a picture",
      new Picture("image/png", Uint8Array.of(1, 2, 3)),
      '{"mediaType":"image/png","base64":"AQID"}',
    ],
    ["a key that objects have anyway", JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])("%s", (_, value, json) => {
    expect(renderJson(value)).toBe(json);
    expect(() => JSON.parse(renderJson({ nested: [value] }, { arrays: "preview" }))).not.toThrow();
  });

  test("indented for readers", () => {
    expect(renderJson({ a: [1] }, { indent: 2 })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });
});

describe("a preview", () => {
  test("has statistics without what is not finite, and counts that", () => {
    const array = NdArray.from(Float32Array.of(1, NaN, 3, Infinity));
    expect(preview(array)).toEqual({
      dtype: "float32",
      shape: [4],
      min: 1,
      max: 3,
      mean: 2,
      nonFinite: 2,
      values: [1, "NaN", 3, "Infinity"],
    });
    expect(preview(NdArray.from(Float64Array.of(NaN)))).toMatchObject({ nonFinite: 1, values: ["NaN"] });
  });

  test("has no more digits than the dtype", () => {
    expect(preview(new NdArray("bfloat16", [2], Uint16Array.of(0x3f80, 0xc000)))).toMatchObject({
      min: -2,
      max: 1,
      values: [1, -2],
    });
    expect(preview(NdArray.from(Float32Array.of(0.1)))).toMatchObject({ values: [0.1] });
    expect(preview(NdArray.from(Float64Array.of(0.1 + 0.2)))).toMatchObject({ values: [0.1 + 0.2] });
  });

  test("of integers and booleans", () => {
    expect(preview(NdArray.from(BigInt64Array.of(1n, 5n)))).toMatchObject({
      min: 1,
      max: 5,
      mean: 3,
      values: [1, 5],
    });
    const many = new NdArray("bool", [100], new Uint8Array(100).fill(1));
    expect(preview(many)).toMatchObject({ mean: 1, first: Array.from({ length: 8 }, () => true) });
  });

  test("of complex numbers and nothing", () => {
    const complex = new NdArray("complex64", [1], Float32Array.of(1.5, -2));
    expect(preview(complex)).toEqual({ dtype: "complex64", shape: [1], values: ["1.5-2j"] });
    const many = new NdArray("complex128", [100], new Float64Array(200).fill(0.25));
    expect(preview(many)).toMatchObject({ first: Array.from({ length: 8 }, () => "0.25+0.25j") });
    expect(preview(NdArray.from(new Float32Array(0)))).toEqual({ dtype: "float32", shape: [0], values: [] });
  });

  test("shows bytes by their beginning", () => {
    expect(preview([new Uint8Array(200)])).toEqual([{ length: 200, base64: "A".repeat(128) }]);
    expect(preview(new Picture("image/png", new Uint8Array(3)))).toEqual({
      mediaType: "image/png",
      length: 3,
    });
  });
});

test("pictures can be replaced, and are named by their path", () => {
  const picture = new Picture("image/png", Uint8Array.of(1));
  const seen: string[] = [];
  const value = { plots: [picture, new Map([[1, picture]])], other: picture };
  const rendered = render(value, {
    name: "plot",
    picture: (_, path) => {
      seen.push(path);
      return seen.length;
    },
  });
  expect(rendered).toEqual({ plots: [1, { 1: 2 }], other: 3 });
  expect(seen).toEqual(["plot.plots[0]", "plot.plots[1].1", "plot.other"]);
});
