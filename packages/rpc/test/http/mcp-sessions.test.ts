import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { type McpEndpointOptions, type McpTransport, openMcpEndpoint } from "../../src/http/index.ts";

/** As the MCP SDK's transport: initialised by a first POST, ended by DELETE, and GET is a stream. */
class Transport implements McpTransport {
  sessionId: string | undefined;
  readonly streams = new Set<ServerResponse>();
  isClosed = false;
  readonly #id: string;

  constructor(id: string) {
    this.#id = id;
  }

  async handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "DELETE") await this.close();
    else if (request.headers["x-invalid"] === undefined) this.sessionId = this.#id;
    if (request.method === "GET" || request.headers["x-slow"] !== undefined) {
      this.streams.add(response);
      response.writeHead(200).flushHeaders();
      return;
    }
    response.writeHead(200, { "mcp-session-id": this.#id }).end();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const stream of this.streams) stream.end();
  }
}

async function open(options: Partial<McpEndpointOptions> = {}) {
  const transports: Transport[] = [];
  const endpoint = await openMcpEndpoint({
    async newTransport(id) {
      const transport = new Transport(id);
      transports.push(transport);
      return transport;
    },
    ...options,
  });
  onTestFinished(() => endpoint.close());
  const ask = (method: string, id?: string, headers: Record<string, string> = {}) =>
    fetch(endpoint.url, {
      method,
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        ...(id === undefined ? {} : { "mcp-session-id": id }),
        ...headers,
      },
    });
  const begin = async () => (await ask("POST")).headers.get("mcp-session-id") ?? "";
  return { endpoint, transports, ask, begin };
}

test("the least recently used session makes room for a new one", async () => {
  const { transports, ask, begin } = await open({ maxSessions: 3 });
  const [one, two, three] = [await begin(), await begin(), await begin()];
  expect((await ask("POST", one)).status).toBe(200);
  const four = await begin();
  const statuses = await Promise.all([one, two, three, four].map((id) => ask("POST", id)));
  expect(statuses.map(({ status }) => status)).toEqual([200, 404, 200, 200]);
  expect(transports.map(({ isClosed }) => isClosed)).toEqual([false, true, false, false]);
});

test("sessions that begin at one time keep the limit, too", async () => {
  const { transports, begin } = await open({ maxSessions: 4 });
  await Promise.all(Array.from({ length: 50 }, begin));
  expect(transports.filter(({ isClosed }) => !isClosed)).toHaveLength(4);
});

test("sessions in the middle of a call stay, and a new one is refused", async () => {
  const { transports, ask, begin } = await open({ maxSessions: 2 });
  const ids = [await begin(), await begin()];
  const calls = await Promise.all(ids.map((id) => ask("POST", id, { "x-slow": "1" })));
  expect((await ask("POST")).status).toBe(503);
  for (const transport of transports) await transport.close();
  await Promise.all(calls.map((call) => call.text()));
  await expect.poll(async () => (await ask("POST")).status).toBe(200);
});

test("a session without open requests expires, one with a stream does not", async () => {
  const { ask, begin } = await open({ sessionIdleMs: 50 });
  const [idle, listening] = [await begin(), await begin()];
  const stream = await ask("GET", listening);
  await expect.poll(async () => (await ask("HEAD", idle)).status, { interval: 200 }).toBe(404);
  expect((await ask("HEAD", listening)).status).toBe(200);
  await stream.body?.cancel();
  await expect.poll(async () => (await ask("HEAD", listening)).status, { interval: 200 }).toBe(404);
});

test("a request that begins no session leaves none", async () => {
  const { transports, ask } = await open();
  await ask("POST", undefined, { "x-invalid": "1" });
  expect(transports.map(({ isClosed }) => isClosed)).toEqual([true]);
});

test("a session that cannot be made is the error of its request", async () => {
  const newTransport = () => Promise.reject(new Error("no server today"));
  const { endpoint, ask } = await open({ newTransport });
  const response = await ask("POST");
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ jsonrpc: "2.0", error: { message: "no server today" } });
  await endpoint.close();
});

test("closing ends all sessions", async () => {
  const { endpoint, transports, ask, begin } = await open();
  const stream = await ask("GET", await begin());
  await endpoint.close();
  expect(await stream.text()).toBe("");
  expect(transports.map(({ isClosed }) => isClosed)).toEqual([true]);
});
