import { expect, test } from "vitest";
import { NdArray, Picture, RemoteRef } from "../../src/index.ts";
import { unpackMessage } from "../../src/messages/message.ts";
import { joined } from "../fixtures/joined.ts";

const roundTrip = (value: unknown) => unpackMessage(joined({ op: "result", id: "c1" }, value)).value();

test.each([
  ["null", null],
  ["text", 'a "quoted" line\nwith 🧠'],
  ["non-finite floats", [NaN, Infinity, -Infinity, 0.1]],
  ["integers beyond 2^53", [2n ** 63n, -(2n ** 70n)]],
  ["bytes", Uint8Array.of(1, 2, 255)],
  ["nested bytes", { a: [{ b: Uint8Array.of(7) }, Uint8Array.of()] }],
  [
    "a dict with keys that are not strings",
    new Map<unknown, unknown>([
      [1, "one"],
      [null, [NaN]],
    ]),
  ],
  ["a dict with the reserved key", new Map([["$seer", "float"]])],
  ["a reference", { tensor: new RemoteRef("r1", "Tensor", "float32 [2]") }],
])("%s survive the wire", (_name, value) => {
  expect(roundTrip(value)).toEqual(value);
});

test("a picture is bytes that know their media type", () => {
  const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const back = roundTrip({ figure: [new Picture("image/png", bytes)] }) as { figure: [Picture] };
  expect(Picture.isInstance(back.figure[0])).toBe(true);
  expect(back.figure[0].mediaType).toBe("image/png");
  expect([...back.figure[0]]).toEqual([...bytes]);
  expect(Picture.isInstance(back.figure[0].slice(1))).toBe(false);
  expect(Picture.isInstance(bytes)).toBe(false);
});

test("negative zero stays negative", () => {
  expect(roundTrip([-0])).toEqual([-0]);
});

test("an object with the reserved key arrives as a Map", () => {
  expect(roundTrip({ $seer: 1, b: 2 })).toEqual(
    new Map([
      ["$seer", 1],
      ["b", 2],
    ]),
  );
});

test("a key named __proto__ is a key", () => {
  const value = JSON.parse('{"__proto__": {"polluted": 1}, "n": 1}') as Record<string, unknown>;
  const back = roundTrip({ outer: value, nan: NaN }) as { outer: object };
  expect(Object.keys(back.outer)).toEqual(["__proto__", "n"]);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("integers are exact, and fractions with many digits stay numbers", () => {
  expect(roundTrip([9007199254740993n, 0.1234567890123456, 1e300])).toEqual([
    9007199254740993n,
    0.1234567890123456,
    1e300,
  ]);
});

test("an array is a view of the message, not a copy of it", () => {
  const data = Float64Array.from({ length: 10_000 }, (_, i) => i / 7);
  const message = joined({ op: "result" }, { nested: [new NdArray("float64", [100, 100], data)] });
  const { nested } = unpackMessage(message).value() as { nested: [NdArray] };
  expect(nested[0].shape).toEqual([100, 100]);
  expect(nested[0].data).toEqual(data);
  expect(nested[0].data.buffer).toBe(message.buffer);
});

test("a small array does not keep the memory that it came in alive", () => {
  const packed = joined({ op: "result" }, Float32Array.of(1, 2, 3));
  const read = Buffer.alloc(65_536);
  read.set(packed, 8);
  const array = unpackMessage(read.subarray(8, 8 + packed.length)).value() as NdArray;
  expect(array.data).toEqual(Float32Array.of(1, 2, 3));
  expect(array.data.buffer.byteLength).toBeLessThan(1000);
});

test("an array at an odd place is read all the same", () => {
  const packed = joined({ op: "result" }, Float64Array.of(1.5, -2));
  const read = Buffer.alloc(packed.length + 1);
  read.set(packed, 1);
  expect((unpackMessage(read.subarray(1)).value() as NdArray).data).toEqual(Float64Array.of(1.5, -2));
});

test("buffers begin at multiples of 8, whatever the header's length", () => {
  for (let length = 1; length < 120; length++) {
    const message = joined({ op: "call", id: "i".repeat(length), function: "ƒ" }, [
      Uint8Array.of(1, 2, 3),
      Float64Array.of(length),
    ]);
    const header = JSON.parse(message.toString("utf8", 0, message.indexOf(10))) as {
      json: number;
      buffers: number[];
    };
    expect((message.indexOf(10) + 1 + header.json) % 8).toBe(0);
    expect(header.buffers).toEqual([3, 8]);
    expect(message.length % 8).toBe(0);
    expect((unpackMessage(message).value() as [Uint8Array, NdArray])[1].data).toEqual(
      Float64Array.of(length),
    );
  }
});

test("typed arrays travel as arrays, sets as lists, dates as text", () => {
  const value = roundTrip({ ids: Int32Array.of(1, -2), tags: new Set(["a"]), at: new Date(0) }) as Record<
    string,
    unknown
  >;
  expect(value.ids).toEqual(NdArray.from(Int32Array.of(1, -2)));
  expect(value.tags).toEqual(["a"]);
  expect(value.at).toBe("1970-01-01T00:00:00.000Z");
});

test("a value that cannot be sent is named by its path", () => {
  const circular: unknown[] = [];
  circular.push(circular);
  expect(() => roundTrip({ a: [1, { b: () => 1 }] })).toThrow("`a[1].b` cannot be sent: it is a function");
  expect(() => roundTrip({ a: Promise.resolve(1) })).toThrow("await");
  expect(() => roundTrip(circular)).toThrow("circular");
});

test.each([
  ["nothing", ""],
  ["no JSON", "hello\n1"],
  ["a header without op", '{"id":"c1"}\n1'],
  ["a body that is cut off", '{"op":"result"}\n[1, '],
  ["a length beyond the message", '{"op":"result","json":4,"buffers":[1000000]}\nnull'],
  ["lengths that are not numbers", '{"op":"result","json":-1,"buffers":["8"]}\nnull'],
  ["a missing buffer", '{"op":"result","json":36,"buffers":[]}\n{"$seer":"bytes","buffer":3}          '],
  ["an unknown kind", '{"op":"result"}\n{"$seer":"pickle"}'],
  ["an unknown dtype", '{"op":"result"}\n{"$seer":"array","dtype":"object","shape":[1],"data":"AA=="}'],
  [
    "a shape that does not fit",
    '{"op":"result"}\n{"$seer":"array","dtype":"int8","shape":[2],"data":"AA=="}',
  ],
])("a message with %s is an error, not a crash", (_name, text) => {
  expect(() => unpackMessage(Buffer.from(text)).value()).toThrow(
    expect.objectContaining({ code: "rpc/protocol" }),
  );
});
