import { expect, test } from "vitest";
import { NdArray } from "../../src/index.ts";
import { packMessage, unpackMessage } from "../../src/messages/message.ts";

const arrays = [
  NdArray.from(new Float64Array([1.5, -2, 3])),
  NdArray.from(new BigInt64Array([1n, -2n])),
  NdArray.from(new Float32Array([0.5])),
  NdArray.from(new Uint16Array([7, 8, 9])),
  NdArray.from(new Uint8Array([1, 2, 3, 4, 5])),
];

test.each([0, 1, 2, 3, 4, 5, 6, 7])(
  "a message at offset %i of what arrived is read, and keeps nothing else of it alive",
  (offset) => {
    const packed = packMessage({ op: "result", id: "1" }, { arrays });
    const bytes = Buffer.concat(packed as Uint8Array[]);
    for (const size of [bytes.length + 16, 64 * 1024]) {
      const arrived = Buffer.alloc(size, 255);
      arrived.set(bytes, offset);
      const message = unpackMessage(arrived.subarray(offset, offset + bytes.length));
      const { arrays: read } = message.value() as { arrays: NdArray[] };
      expect(read).toEqual(arrays);
      for (const { data } of read) expect(data.buffer.byteLength).toBeLessThanOrEqual(bytes.length + 16);
    }
  },
);
