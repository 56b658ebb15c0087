import { expect, test } from "vitest";
import { checkUpgrade, handshake, parseResponse, refusalBody } from "../../src/connect/handshake.ts";

const asked = handshake(new URL("ws://h:1/base/ws?x=1"), { authorization: "Bearer t" });
const response = (text: string) => parseResponse(Buffer.from(text.replaceAll("\n", "\r\n")));

test("the request names the host, the path and what is wanted", () => {
  expect(asked.request).toMatch(/^GET \/base\/ws\?x=1 HTTP\/1\.1\r\nhost: h:1\r\n/);
  expect(asked.request).toMatch(/\r\nsec-websocket-protocol: seer\.v1\r\nauthorization: Bearer t\r\n\r\n$/);
});

test("an answer is waited for until its head is whole", () => {
  expect(response("HTTP/1.1 101 Sw")).toBeUndefined();
  expect(() => response("SSH-2.0-OpenSSH\n\n")).toThrow("does not speak HTTP");
  expect(() => parseResponse(Buffer.alloc(70_000))).toThrow("without an end");
});

const upgrade = (fields: string) => `HTTP/1.1 101 Switching\n${fields}\n\nframes`;
const fields = `Upgrade: WebSocket\nSec-WebSocket-Accept: ${asked.accept}\nSec-WebSocket-Protocol: seer.v1`;

test("an answer that proves to be to this request begins a WebSocket", () => {
  const answer = response(upgrade(fields));
  if (answer === undefined) throw new Error("it is whole");
  checkUpgrade(answer, asked);
  expect(String(answer.rest)).toBe("frames");
});

test.each([
  fields.replace("WebSocket\n", "h2c\n"),
  fields.replace("Accept: ", "Accept: x"),
  fields.replace("seer.v1", "other"),
  `${fields}\nSec-WebSocket-Extensions: permessage-deflate`,
])("an upgrade to something else is refused (%#)", (wrong) => {
  const answer = response(upgrade(wrong));
  if (answer === undefined) throw new Error("it is whole");
  expect(() => checkUpgrade(answer, asked)).toThrow();
});

test.each([
  ["content-length: 4\n\nbo", "bo", false],
  ["content-length: 4\n\nbody", "body", true],
  ["x: y\n\nas long as it lasts", "as long as it lasts", false],
  ["Transfer-Encoding: chunked\n\n4\nbo", "bo", false],
  ["Transfer-Encoding: chunked\n\n2\nbo\n2\ndy\n", "body", false],
  ["Transfer-Encoding: chunked\n\n2\nbo\n2\ndy\n0\n\n", "body", true],
  ["Transfer-Encoding: chunked\n\nnonsense\n", "", true],
])("the body of a refusal (%#)", (rest, text, complete) => {
  const answer = response(`HTTP/1.1 502 Bad\n${rest}`);
  if (answer === undefined) throw new Error("its head is whole");
  expect(refusalBody(answer)).toEqual({ text, complete });
});
