import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { mcpConfigSchema } from "@seer/config";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  await expect.poll(async () => (await served.client.health()).state, { timeout: 10_000 }).toBe("idle");
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
  await expect.poll(async () => (await served.client.health()).state, { timeout: 10_000 }).toBe("idle");
  await expect(fetch(other.url)).rejects.toThrow();
});

test("a port in use is an error", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serveHttp(served.client, "tools", { port })).rejects.toThrow(/EADDRINUSE/);
});
