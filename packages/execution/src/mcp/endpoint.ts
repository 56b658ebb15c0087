import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { refusal } from "./access.ts";

/** An MCP server on this machine, over streamable HTTP. */
export interface McpEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

/** Serves MCP on a free port of the loopback interface; each client gets a server of its own. */
export async function openMcpEndpoint(newServer: () => Promise<McpServer>): Promise<McpEndpoint> {
  const token = randomBytes(32).toString("base64url");
  const clients = new Map<string, StreamableHTTPServerTransport>();

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusal(request, token);
    if (refused !== undefined) return void response.writeHead(refused).end();
    if (request.url !== "/mcp") return void response.writeHead(404).end();
    const id = request.headers["mcp-session-id"];
    const client = id === undefined ? await welcome(clients, newServer) : clients.get(String(id));
    // What MCP asks for when a client's session is over.
    if (client === undefined) return void response.writeHead(404).end();
    await client.handleRequest(request, response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  // A cell may run for longer than any limit that would make sense for a request.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    token,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all([...clients.values()].map((client) => client.close()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function welcome(
  clients: Map<string, StreamableHTTPServerTransport>,
  newServer: () => Promise<McpServer>,
): Promise<StreamableHTTPServerTransport> {
  // Loaded for the first client: a session that no agent connects to does without the MCP SDK.
  const { StreamableHTTPServerTransport } = await import(
    "@modelcontextprotocol/sdk/server/streamableHttp.js"
  );
  const client = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void clients.set(id, client),
    onsessionclosed: (id) => void clients.delete(id),
  });
  const server = await newServer();
  // The SDK's own transport does not fit its interface under exactOptionalPropertyTypes.
  await server.connect(client as Parameters<McpServer["connect"]>[0]);
  return client;
}
