import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { errorFromHost } from "../src/errors.ts";
import type { NdArray } from "../src/index.ts";
import { type MessageHeader, unpackMessage } from "../src/messages/message.ts";
import { decodeValue } from "../src/values/decode.ts";
import { encodeValue } from "../src/values/encode.ts";
import { joined } from "./fixtures/joined.ts";

interface ValueCase {
  name: string;
  json: string;
  buffers: string[];
  plain?: string;
  numbers?: unknown[];
}

interface MessageCase {
  name: string;
  header: MessageHeader;
  json: string;
  buffers: string[];
  bytes: string;
}

describe("golden values", () => {
  const { cases } = golden<{ cases: ValueCase[] }>("values.json");
  test.each(cases)("$name", ({ json, buffers, plain, numbers }) => {
    const expected = { json, buffers };
    const value = decodeValue(json, buffers.map(array));
    expect(written(value)).toEqual(expected);
    if (numbers !== undefined) expect(elements(value as NdArray)).toEqual(numbers);
    if (plain === undefined) return;
    expect(written(decodeValue(plain))).toEqual(expected);
    expect(JSON.stringify(encodeValue(value))).toBe(plain);
  });
});

describe("golden messages", () => {
  const { cases, malformed } = golden<{ cases: MessageCase[]; malformed: { name: string; bytes: string }[] }>(
    "messages.json",
  );
  test.each(cases)("$name", ({ header, json, buffers, bytes: whole }) => {
    const message = unpackMessage(bytes(whole));
    expect(message.header).toMatchObject(header);
    if (json === "") {
      expect(joined(header).toString("base64")).toBe(whole);
      return;
    }
    expect(message.value()).toEqual(decodeValue(json, buffers.map(array)));
    // JSON.stringify writes no space, so only messages written without can be compared to the byte.
    if (json.includes(", ")) return;
    expect(joined(header, message.value()).toString("base64")).toBe(whole);
  });
  test.each(malformed)("malformed: $name", ({ bytes: whole }) => {
    expect(() => unpackMessage(bytes(whole)).value()).toThrow(
      expect.objectContaining({ code: "rpc/protocol" }),
    );
  });
});

test.each(Object.keys(golden<{ codes: object }>("errors.json").codes))("golden error: %s", (code) => {
  expect(errorFromHost({ code, message: "m" })).toMatchObject({ code: `rpc/${code}`, message: "m" });
});

/** As they are written down: long integers as text, and no −0. */
function elements(array: NdArray): unknown[] {
  const list = ([array.toNestedList()] as (number | bigint | boolean)[]).flat(8);
  return list.map((element) => (typeof element === "bigint" ? String(element) : element === 0 ? 0 : element));
}

function written(value: unknown): { json: string; buffers: string[] } {
  const buffers: Uint8Array[] = [];
  const json = JSON.stringify(encodeValue(value, buffers));
  return { json, buffers: buffers.map((buffer) => Buffer.from(buffer).toString("base64")) };
}

function array(base64: string): Uint8Array {
  return new Uint8Array(bytes(base64));
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, "base64");
}

function golden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), "utf8")) as T;
}
