import { afterAll, beforeAll, expect, test } from "vitest";
import { NdArray, RemoteRef, type RpcClient } from "../../src/index.ts";
import type { LaunchedHost } from "../../src/launch/index.ts";
import { startHost } from "../fixtures/real-host.ts";

let host: LaunchedHost;
let client: RpcClient;
beforeAll(async () => {
  host = await startHost();
  client = await host.client();
});
afterAll(async () => {
  await client?.close();
  await host?.close();
});

test("numpy's arrays arrive as typed arrays with a shape, wherever they are nested", async () => {
  const { ids, nested, image, empty, scalar, complex } = (await client.call("arrays")) as Record<
    string,
    NdArray
  > & {
    nested: [{ mask: NdArray }];
  };
  expect(ids).toEqual(new NdArray("int64", [2, 3], BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n)));
  expect(nested[0].mask).toEqual(new NdArray("bool", [2], Uint8Array.of(1, 0)));
  expect(image).toEqual(new NdArray("float32", [2, 3], Float32Array.of(0, 1, 2, 3, 4, 5)));
  expect(empty).toMatchObject({ dtype: "float16", shape: [0, 4] });
  expect(scalar).toBe(1.5);
  expect(complex).toEqual(new NdArray("complex64", [1], Float32Array.of(1, -2)));
});

test.each([
  ["Float32Array", Float32Array.of(1.5, 2), "ndarray float32 [2] 3.5"],
  ["Int8Array", Int8Array.of(-1, 2), "ndarray int8 [2] 1"],
  ["a shaped array", NdArray.from(Float64Array.of(1, 2, 3, 4), [2, 2]), "ndarray float64 [2, 2] 10.0"],
  ["a bool array", new NdArray("bool", [3], Uint8Array.of(1, 0, 1)), "ndarray bool [3] 2"],
  ["bytes", Uint8Array.of(1, 2), "bytes b'\\x01\\x02'"],
  ["a Buffer", Buffer.from("hi"), "bytes b'hi'"],
])("Python gets %s as its own kind", async (_name, value, expected) => {
  expect(await client.call("describe", { value })).toBe(expected);
});

test("what was sent nested comes back the same", async () => {
  const value = {
    layers: [Float32Array.of(NaN, 1), { half: new NdArray("float16", [1], Uint16Array.of(0x3c00)) }],
  };
  expect(await client.call("echo", { value })).toEqual({
    layers: [
      NdArray.from(Float32Array.of(NaN, 1)),
      { half: new NdArray("float16", [1], Uint16Array.of(0x3c00)) },
    ],
  });
});

test("a large array is not copied on its way in", async () => {
  const array = (await client.call("large", { count: 1_000_000 })) as NdArray<"float32">;
  expect(array.data[999_999]).toBe(999_999);
  // A view of the received message, which is a little longer than the array.
  expect(array.data.byteOffset).toBeGreaterThan(0);
  expect(array.data.buffer.byteLength - array.data.byteLength).toBeLessThan(500);
});

// The larger takes several writes, with other messages in between.
test.each([4, 28])("%i MB go there and back, and small calls beside them", async (megabytes) => {
  const data = Float32Array.from({ length: megabytes * 250_000 }, (_, i) => i % 1000);
  const large = client.call("echo", { value: data });
  const small = Array.from({ length: 20 }, (_, i) => client.call("echo", { value: i }));
  const array = (await large) as NdArray;
  expect(await Promise.all(small)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(
    Buffer.from(array.data.buffer, array.data.byteOffset, array.data.byteLength).equals(
      Buffer.from(data.buffer),
    ),
  ).toBe(true);
});

test("arrays that are sent at once, and one after another, arrive as they are", async () => {
  const numbers = [9, 8, 7, 6, 5, 4, 3, 2, 1];
  const send = (number: number) =>
    client.call("describe", { value: new Float64Array(number * 200_000).fill(number) });
  const expected = (number: number) => `ndarray float64 [${number * 200_000}] ${number * number * 200_000}.0`;
  expect(await Promise.all(numbers.map(send))).toEqual(numbers.map(expected));
  for (const number of numbers) expect(await send(number)).toBe(expected(number));
});

test("an object may stay in the worker and be passed to a later call", async () => {
  const ref = (await client.call("keep", { count: 4 })) as RemoteRef;
  expect(RemoteRef.isInstance(ref)).toBe(true);
  expect(ref.summary).toContain("float32 [4]");
  expect(await client.call("total", { array: ref })).toBe(6);
  expect(await client.refs()).toEqual([ref]);
  await client.free(ref);
  expect(await client.refs()).toEqual([]);
  await expect(client.call("total", { array: ref })).rejects.toThrow(/no reference/);
  await expect(client.free(ref)).rejects.toMatchObject({ code: "rpc/unknown-ref" });
});
