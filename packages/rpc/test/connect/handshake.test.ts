import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { RpcClient } from "../../src/index.ts";

/** A server that answers the request for a WebSocket with any bytes; `accept` is what it should contain. */
async function answerWith(answer: (accept: string, socket: Socket) => string | Buffer): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    let request = "";
    socket.on("data", (data) => {
      request += data;
      if (!request.includes("\r\n\r\n")) return;
      const key = /sec-websocket-key: (\S+)/i.exec(request)?.[1];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      request = "";
      socket.write(answer(accept, socket));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const upgrade = (accept: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: seer.v1\r\n\r\n`;
const hello = '{"op":"hello","protocol":1,"state":"idle"}\n';
const frame = (first: number, payload: string) =>
  Buffer.concat([Buffer.of(first, payload.length), Buffer.from(payload)]);
const connect = (url: string) => RpcClient.connect({ url, token: "t", timeoutMs: 5000 });

test("a hello that comes with the answer is read", async () => {
  const url = await answerWith((accept) => Buffer.concat([Buffer.from(upgrade(accept)), frame(0x81, hello)]));
  await (await connect(url)).close();
});

test.each<[string, (accept: string) => string]>([
  ["another protocol than HTTP", () => "SSH-2.0-OpenSSH\r\n\r\n"],
  ["an upgrade to something else", (accept) => upgrade(accept).replace("Upgrade: websocket", "Upgrade: h2c")],
  ["an answer to another request", (accept) => upgrade(`x${accept}`)],
  ["another subprotocol", (accept) => upgrade(accept).replace("seer.v1", "other")],
  [
    "an extension that was not asked for",
    (accept) =>
      upgrade(accept).replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
  ],
  ["a head without an end", () => `HTTP/1.1 101 Switching Protocols\r\nX: ${"x".repeat(100_000)}`],
])("%s is reported", async (_, answer) => {
  const connecting = connect(await answerWith(answer));
  await expect(connecting).rejects.toMatchObject({ code: "rpc/unreachable", cause: expect.any(Error) });
});

test.each<[string, Buffer]>([
  ["a masked frame", Buffer.of(0x81, 0x80, 0, 0, 0, 0)],
  ["an unknown opcode", frame(0x83, "x")],
  ["reserved bits", frame(0xc1, "x")],
  ["a continuation of nothing", frame(0x80, "x")],
  ["a message inside another", Buffer.concat([frame(0x01, "x"), frame(0x81, "x")])],
])("%s instead of a hello is reported", async (_, frames) => {
  const url = await answerWith((accept) => Buffer.concat([Buffer.from(upgrade(accept)), frames]));
  await expect(connect(url)).rejects.toMatchObject({ code: "rpc/unreachable", cause: expect.any(Error) });
});

test.each<[string, string]>([
  ["a length", "content-length: 6\r\n\r\nno way"],
  ["no length", "connection: close\r\n\r\nno way"],
  ["chunks", "transfer-encoding: chunked\r\n\r\n2\r\nno\r\n4\r\n way\r\n0\r\n\r\n"],
  ["a length that is not reached", "content-length: 60\r\n\r\nno way"],
])("the text of a refusal with %s is reported", async (_, rest) => {
  const url = await answerWith((_accept, socket) => {
    setTimeout(() => socket.end(), 20);
    return `HTTP/1.1 502 Bad Gateway\r\n${rest}`;
  });
  await expect(connect(url)).rejects.toMatchObject({
    code: "rpc/unreachable",
    message: expect.stringContaining("502: no way"),
  });
});

test("a refusal that never ends is cut", async () => {
  const url = await answerWith((_accept, socket) => {
    const timer = setInterval(() => socket.write(`${"no".repeat(10_000)}`), 1);
    socket.on("close", () => clearInterval(timer));
    return "HTTP/1.1 502 Bad Gateway\r\n\r\n";
  });
  await expect(connect(url)).rejects.toMatchObject({ message: expect.stringContaining("502: nono") });
});
