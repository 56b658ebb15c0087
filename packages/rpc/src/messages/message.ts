import { isUtf8 } from "node:buffer";
import { RpcError } from "../errors.ts";
import { decodeValue } from "../values/decode.ts";
import { encodeValue } from "../values/encode.ts";

/** The header of a message. */
export type MessageHeader = { op: string; id?: string } & Record<string, unknown>;

const newline = 10;
const alignment = 8;

/** A text message, or the parts of a binary message. */
export type PackedMessage = string | readonly Uint8Array[];

/** Encodes a message: as text if its value has no buffers, else as binary parts. The buffers are not copied. */
export function packMessage(header: MessageHeader, ...body: [] | [value: unknown]): PackedMessage {
  if (body.length === 0) return `${JSON.stringify(header)}\n`;
  const buffers: Uint8Array[] = [];
  const json = JSON.stringify(encodeValue(body[0], buffers));
  if (buffers.length === 0) return `${JSON.stringify(header)}\n${json}`;
  return packBuffers(header, json, buffers);
}

function packBuffers(header: MessageHeader, json: string, buffers: readonly Uint8Array[]): Uint8Array[] {
  const jsonLength = Buffer.byteLength(json);
  const lengths = buffers.map((buffer) => buffer.byteLength);
  let padding = 0;
  let line: string;
  // The header contains the padded length and so affects the padding itself, which settles after a few rounds.
  do {
    line = `${JSON.stringify({ ...header, json: jsonLength + padding, buffers: lengths })}\n`;
  } while ((Buffer.byteLength(line) + jsonLength + padding) % alignment !== 0 && ++padding);
  const parts: Uint8Array[] = [Buffer.from(line + json + " ".repeat(padding))];
  for (const buffer of buffers) {
    parts.push(buffer);
    const rest = padded(buffer.byteLength) - buffer.byteLength;
    if (rest > 0) parts.push(Buffer.alloc(rest));
  }
  return parts;
}

/** A received message, whose value is decoded on demand. */
export interface Message {
  readonly header: MessageHeader;
  /** @throws RpcError `rpc/protocol` */
  value(): unknown;
}

/** @throws RpcError `rpc/protocol` */
export function unpackMessage(data: Buffer): Message {
  const end = data.indexOf(newline);
  if (end === -1) throw malformed("no header line");
  const header = parseHeader(data.subarray(0, end));
  const body = end + 1;
  return {
    header,
    value() {
      const hasParts = header.json !== undefined || header.buffers !== undefined;
      if (!hasParts) return decodeValue(data.toString("utf8", body));
      const { json, buffers } = sliceBody(header, data, body);
      return decodeValue(json, buffers);
    },
  };
}

function sliceBody(
  header: MessageHeader,
  data: Buffer,
  body: number,
): { json: string; buffers: Uint8Array[] } {
  const { json, buffers: lengths } = header;
  if (!isCount(json) || !Array.isArray(lengths) || !lengths.every(isCount)) {
    throw malformed("a header without the lengths of its parts");
  }
  let offset = body + json;
  const total = lengths.reduce((end, length) => end + padded(length), offset);
  if (total !== data.length) throw malformed(`${data.length} bytes instead of ${total}`);
  const source = ownMemory(data);
  const buffers = lengths.map((length) => {
    const buffer = new Uint8Array(source.buffer, source.byteOffset + offset, length);
    offset += padded(length);
    return buffer;
  });
  return { json: data.toString("utf8", body, body + json), buffers };
}

/** Copies a message that is unaligned, or a small part of a larger buffer that its arrays would keep in memory. */
function ownMemory(data: Uint8Array): Uint8Array {
  const isAligned = data.byteOffset % alignment === 0;
  return isAligned && data.byteLength * 2 >= data.buffer.byteLength ? data : new Uint8Array(data);
}

function parseHeader(line: Buffer): MessageHeader {
  if (!isUtf8(line)) throw malformed("a header that is not UTF-8");
  let header: unknown;
  try {
    header = JSON.parse(line.toString());
  } catch {
    throw malformed("a header that is not JSON");
  }
  if (typeof header !== "object" || header === null || !("op" in header) || typeof header.op !== "string") {
    throw malformed("a header without an op");
  }
  return header as MessageHeader;
}

function malformed(what: string): RpcError {
  return new RpcError("rpc/protocol", `The host sent a message with ${what}`);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function padded(length: number): number {
  return Math.ceil(length / alignment) * alignment;
}
