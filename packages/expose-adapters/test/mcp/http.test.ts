import { once } from "node:events";
import net from "node:net";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { mcpConfigSchema } from "@seer/config";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type HttpMcpServer, serveHttp } from "../../src/mcp/index.ts";
import { type Served, serve } from "../served.ts";
import { connect } from "./mcp-client.ts";

let served: Served;
let server: HttpMcpServer;

beforeAll(async () => {
  served = await serve();
  server = await serveHttp(served.client, "tools");
});

afterAll(async () => {
  await server?.close();
  await served?.[Symbol.asyncDispose]();
});

async function connectTo({ mcpConfig }: HttpMcpServer) {
  const config = mcpConfigSchema.parse(mcpConfig).tools;
  if (config?.type !== "http") throw new Error("expected an HTTP server");
  const { url, headers } = config;
  return await connect(
    new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }) as Transport,
  );
}

test("several clients call at once", async () => {
  await using one = await connectTo(server);
  await using two = await connectTo(server);
  const calls = ["a", "b", "c"].flatMap((text) =>
    [one, two].map((mcp) => mcp.call("get_embedding", { text })),
  );
  const texts = (await Promise.all(calls)).map(
    ({ structuredContent }) => (structuredContent as { text: string }).text,
  );
  expect(texts).toEqual(["a", "a", "b", "b", "c", "c"]);
});

test("a call is cancelled, and reports progress", async () => {
  await using mcp = await connectTo(server);
  const reports: unknown[] = [];
  const call = mcp.client.callTool({ name: "slow", arguments: { seconds: 60 } }, undefined, {
    signal: AbortSignal.timeout(500),
    onprogress: (report) => reports.push(report),
  });
  await expect(call).rejects.toThrow();
  expect(reports).not.toHaveLength(0);
  await expect.poll(async () => (await served.client.health()).state).toBe("idle");
});

test.each([
  ["no token", {}, 401],
  ["a wrong token", { authorization: "Bearer nonsense" }, 401],
  ["a web page", { origin: "https://example.com" }, 403],
  ["another name for this machine", { host: "example.com" }, 403],
  ["a session that is not there", { "mcp-session-id": "gone" }, 404],
])("a request with %s is refused", async (_, headers, status) => {
  const { default: http } = await import("node:http");
  const authorization = `Bearer ${server.token}`;
  const sent: Record<string, string> = _.includes("token") ? { ...headers } : { authorization, ...headers };
  const answered = await new Promise<number | undefined>((resolve, reject) => {
    const request = http.request(server.url, { method: "POST", headers: sent }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject);
    request.end("{}");
  });
  expect(answered).toBe(status);
});

const headers = (more: Record<string, string> = {}) => ({
  authorization: `Bearer ${server.token}`,
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  ...more,
});

/** Begins a session as a client does that never ends it. */
async function beginSession(url = server.url): Promise<string> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "0" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params });
  const response = await fetch(url, { method: "POST", headers: headers(), body });
  await response.text();
  return response.headers.get("mcp-session-id") ?? "";
}

async function ping(session: string): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "ping" });
  const response = await fetch(server.url, {
    method: "POST",
    headers: headers({ "mcp-session-id": session }),
    body,
  });
  await response.text();
  return response.status;
}

test("sessions that clients leave behind make room for new ones, those in a call do not", async () => {
  await using busy = await connectTo(server);
  const abort = new AbortController();
  const call = busy.client.callTool({ name: "slow", arguments: { seconds: 600 } }, undefined, {
    signal: abort.signal,
    timeout: 600_000,
  });
  const ended = expect(call).rejects.toThrow();
  await expect.poll(async () => (await served.client.health()).state).toBe("busy");
  const first = await beginSession();
  expect(await ping(first)).toBe(200);
  for (let i = 0; i < 100; i++) expect(await beginSession()).not.toBe("");
  expect(await ping(first)).toBe(404);
  expect((await served.client.health()).state).toBe("busy");
  expect(await busy.client.ping()).toEqual({});
  abort.abort();
  await ended;
  await expect.poll(async () => (await served.client.health()).state).toBe("idle");
});

test("a session that its client ends is gone", async () => {
  const session = await beginSession();
  const response = await fetch(server.url, {
    method: "DELETE",
    headers: headers({ "mcp-session-id": session }),
  });
  expect(response.status).toBe(200);
  expect(await ping(session)).toBe(404);
});

test.each([
  ["a request before a session", "POST", '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 400],
  ["a body that is not JSON", "POST", "{", 400],
  ["a body of 5 MB", "POST", `"${"x".repeat(5_000_000)}"`, 413],
  ["a stream of no session", "GET", undefined, 400],
  ["the end of no session", "DELETE", undefined, 400],
])("%s is refused, and leaves nothing behind", async (_, method, body, status) => {
  const response = await fetch(server.url, { method, headers: headers(), body: body ?? null });
  expect(response.status).toBe(status);
  expect(response.headers.get("mcp-session-id")).toBeNull();
});

test("a thousand strangers do not lock out clients", async () => {
  const { hostname, port } = new URL(server.url);
  const crowd = Array.from({ length: 1000 }, () => net.connect(Number(port), hostname).on("error", () => {}));
  onTestFinished(() => {
    for (const socket of crowd) socket.destroy();
  });
  await Promise.all(crowd.map((socket) => (socket.connecting ? once(socket, "connect") : undefined)));
  await using mcp = await connectTo(server);
  expect(await mcp.client.ping()).toEqual({});
});

test("closing ends the calls, and leaves the RPC client alone", async () => {
  const other = await serveHttp(served.client, "tools");
  const mcp = await connectTo(other);
  const call = mcp.call("slow", { seconds: 60 });
  const failed = expect(call).rejects.toThrow();
  await expect.poll(async () => (await served.client.health()).state).toBe("busy");
  await other.close();
  await other.close();
  await mcp.client.close();
  await failed;
  await expect.poll(async () => (await served.client.health()).state).toBe("idle");
  await expect(fetch(other.url)).rejects.toThrow();
});

test("a port in use is an error", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveHttp(served.client, "tools", { port })).rejects.toThrow(/EADDRINUSE/);
});
