import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import type { Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { RpcError } from "../../src/errors.ts";
import { GuardedServer, type GuardedServerOptions } from "../../src/http/index.ts";
import { strangers } from "./strangers.ts";

const authorization = "Bearer secret";

async function serve(options: Partial<GuardedServerOptions<"call" | "admin">> = {}) {
  const server = new GuardedServer<"call" | "admin">({
    tokens: { call: "secret", admin: "other-secret" },
    refusalBody: ({ message }) => JSON.stringify({ message }),
    onRequest: async (incoming, response, rights) => {
      response.end(`${rights} ${(await text(incoming)).length}`);
    },
    ...options,
  });
  await server.listen();
  onTestFinished(() => server.close());
  return server;
}

async function ask({ url }: { url: string }, options: RequestOptions = {}, body = "") {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, { method: "POST", ...options }, resolve);
    outgoing.once("error", reject).end(body);
  });
  return { status: incoming.statusCode, body: await text(incoming) };
}

test.each([
  ["the token", { authorization }, "call 0"],
  ["the other token", { authorization: "Bearer other-secret" }, "admin 0"],
  ["another spelling of Bearer", { authorization: "bEARER  secret " }, "call 0"],
  ["the name localhost", { authorization, host: "LOCALHOST:1" }, "call 0"],
  ["an IPv6 address", { authorization, host: "[::1]:80" }, "call 0"],
])("a request with %s is served", async (_, headers, body) => {
  expect(await ask(await serve(), { headers })).toEqual({ status: 200, body });
});

test.each([
  ["no token", {}, 401],
  ["a wrong token", { authorization: "Bearer secre" }, 401],
  ["a longer token", { authorization: "Bearer secret2" }, 401],
  ["a token in another scheme", { authorization: "Basic secret" }, 401],
  ["an empty token", { authorization: "Bearer " }, 401],
  ["a foreign host", { authorization, host: "evil.example" }, 403],
  ["a host that begins like this one", { authorization, host: "127.0.0.1.evil.example" }, 403],
  ["a host with a user", { authorization, host: "127.0.0.1@evil.example" }, 403],
  ["a foreign origin", { authorization, origin: "https://evil.example" }, 403],
  ["the origin of a sandboxed page", { authorization, origin: "null" }, 403],
  ["an origin of this machine", { authorization, origin: "http://localhost:3000" }, 403],
])("a request with %s is refused", async (_, headers, status) => {
  for (const server of [await serve(), await serve({ acceptsOwnOrigin: true })]) {
    const answer = await ask(server, { headers }, "{}");
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ message: expect.any(String) });
  }
});

test("the server's own origin is accepted where that was asked for", async () => {
  for (const acceptsOwnOrigin of [true, false]) {
    const server = await serve({ acceptsOwnOrigin });
    const { status } = await ask(server, { headers: { authorization, origin: server.url } });
    expect(status).toBe(acceptsOwnOrigin ? 200 : 403);
  }
});

const head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n";

test.each([
  ["say nothing", ""],
  ["begin a request", "POST /"],
  ["send their headers slowly", `${head}X-Slow: `],
  ["send a body slowly", `${head}Content-Length: 1000000\r\n\r\n{`],
  [
    "send a chunked body slowly",
    `${head}Authorization: Bearer wrong\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n`,
  ],
  ["say what is no HTTP", "\x16\x03\x01\x02"],
])("a thousand strangers who %s do not lock others out", async (_, says) => {
  const server = await serve();
  using crowd = await strangers(server.url, 1000, says);
  for (let i = 0; i < 5; i++) {
    expect(await ask(server, { headers: { authorization } })).toEqual({ status: 200, body: "call 0" });
  }
  await expect.poll(() => crowd.open).toBeLessThanOrEqual(512);
});

test("a connection with the token outlives a flood of strangers", async () => {
  const server = await serve({
    onUpgrade: (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const { reusedSocket: first } = await reuse(server, agent);
  const echo = await upgrade(server, { authorization });
  using _crowd = await strangers(server.url, 1000);
  const { reusedSocket: second } = await reuse(server, agent);
  expect([first, second]).toEqual([false, true]);
  echo.end("still there");
  expect((await buffer(echo)).toString()).toBe("still there");
});

test("a request in progress outlives a flood of strangers", async () => {
  const begun = Promise.withResolvers<void>();
  const server = await serve({
    maxConnections: 4,
    onRequest: async (incoming, response) => {
      begun.resolve();
      response.end(await text(incoming));
    },
  });
  const outgoing = request(server.url, { method: "POST", headers: { authorization } });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject);
  });
  outgoing.write("half");
  await begun.promise;
  using _crowd = await strangers(server.url, 50);
  outgoing.end(" and half");
  expect(await text(await answered)).toBe("half and half");
});

test("a refused upgrade gets an answer, and its connection ends", async () => {
  const server = await serve({ onUpgrade: () => expect.unreachable() });
  using crowd = await strangers(
    server.url,
    3,
    "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  await expect.poll(() => crowd.open).toBe(0);
});

test("headers over the limit are refused", async () => {
  const headers = { authorization, "x-long": "x".repeat(40_000) };
  expect(await ask(await serve(), { headers })).toMatchObject({ status: 431 });
});

test("a handler that fails drops its connection, and the next request is served", async () => {
  let fails = true;
  const server = await serve({
    onRequest: async (_request, response) => {
      if (fails) throw new Error("of the handler");
      response.end();
    },
  });
  await expect(ask(server, { headers: { authorization } })).rejects.toThrow(/hang up|ECONNRESET/);
  fails = false;
  expect(await ask(server, { headers: { authorization } })).toMatchObject({ status: 200 });
});

test("a port in use is an error that names it", async () => {
  const { url } = await serve();
  const other = new GuardedServer({ tokens: {}, refusalBody: () => "", onRequest: async () => {} });
  const { port } = new URL(url);
  const error = await other.listen(Number(port)).catch((error: unknown) => error);
  expect(RpcError.isInstance(error) && error.code).toBe("rpc/port-unavailable");
  expect(String(error)).toContain(port);
});

test("closing drops every connection", async () => {
  const server = await serve();
  using crowd = await strangers(server.url, 10);
  await server.close();
  await server.close();
  await expect.poll(() => crowd.open).toBe(0);
  await expect(ask(server, { headers: { authorization } })).rejects.toThrow(/ECONNREFUSED/);
});

async function reuse({ url }: { url: string }, agent: Agent): Promise<{ reusedSocket: boolean }> {
  const outgoing = request(url, { agent, headers: { authorization } });
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject).end();
  });
  await text(incoming);
  return { reusedSocket: outgoing.reusedSocket };
}

function upgrade({ url }: { url: string }, headers: Record<string, string>): Promise<Duplex> {
  const outgoing = request(url, { headers: { ...headers, connection: "Upgrade", upgrade: "echo" } });
  return new Promise((resolve, reject) => {
    outgoing
      .once("upgrade", (_, socket) => resolve(socket))
      .once("error", reject)
      .end();
  });
}
