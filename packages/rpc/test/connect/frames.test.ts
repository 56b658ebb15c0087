import { expect, test } from "vitest";
import { FrameReader, opcode, smallFrame, textFrame, writeHead } from "../../src/connect/frames.ts";

/** A frame as a server sends it: without a mask. */
function frame(kind: number, payload: Buffer, { isLast = true } = {}): Buffer {
  const head = Buffer.alloc(14);
  writeHead(head, kind, payload.length);
  head[0] = (isLast ? 0x80 : 0) | kind;
  head[1] = (head[1] as number) & 0x7f;
  const size = payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10;
  return Buffer.concat([head.subarray(0, size), payload]);
}

function read(chunks: Iterable<Buffer>): string[] {
  const seen: string[] = [];
  const reader = new FrameReader({
    onMessage: (payload) => seen.push(payload.toString("latin1")),
    onControl: (kind, payload) => seen.push(`control ${kind} ${payload}`),
  });
  for (const chunk of chunks) {
    const reused = Buffer.from(chunk);
    reader.read(reused);
    // As a socket that reads into one buffer again and again.
    reused.fill(255);
  }
  return seen;
}

const sizes = [0, 1, 125, 126, 300, 65_535, 65_536, 70_000];
const payloads = sizes.map((size) => Buffer.from(Array.from({ length: size }, (_, i) => i % 251)));

test.each([1, 2, 3, 7, 64, 4096, 65_536, 1_000_000])("frames that arrive %i bytes at a time", (step) => {
  const stream = Buffer.concat([
    ...payloads.map((payload) => frame(opcode.binary, payload)),
    frame(opcode.text, Buffer.from("he"), { isLast: false }),
    frame(opcode.ping, Buffer.from("in between")),
    frame(opcode.continuation, Buffer.from("ll"), { isLast: false }),
    frame(opcode.continuation, Buffer.from("o")),
    frame(opcode.close, Buffer.alloc(0)),
  ]);
  const chunks = Array.from({ length: Math.ceil(stream.length / step) }, (_, i) =>
    stream.subarray(i * step, (i + 1) * step),
  );
  const expected = payloads.map((payload) => payload.toString("latin1"));
  expect(read(chunks)).toEqual([...expected, "control 9 in between", "hello", "control 8 "]);
});

test("a binary message has memory of its own", () => {
  const messages: Buffer[] = [];
  const reader = new FrameReader({ onMessage: (payload) => messages.push(payload), onControl: () => {} });
  const chunk = frame(opcode.binary, Buffer.from("12345678"));
  reader.read(chunk);
  chunk.fill(0);
  expect(String(messages[0])).toBe("12345678");
  expect(messages[0]?.byteOffset).toBe(0);
});

test.each([
  ["masked", smallFrame(opcode.text, Buffer.from("x"))],
  ["of an unknown kind", Buffer.of(0x83, 0)],
  ["compressed", Buffer.of(0xc1, 0)],
  ["a continuation of nothing", frame(opcode.continuation, Buffer.from("x"))],
  [
    "a message inside another",
    Buffer.concat([
      frame(opcode.text, Buffer.from("x"), { isLast: false }),
      frame(opcode.text, Buffer.from("y")),
    ]),
  ],
  ["longer than any memory", Buffer.from([0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255])],
])("a frame that is %s is an error", (_name, bytes) => {
  expect(() => read([bytes])).toThrow();
});

test("a text is sent with a mask of zeros", () => {
  expect([...textFrame("\u00e4")]).toEqual([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0xa4]);
});
