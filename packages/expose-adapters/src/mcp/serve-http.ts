import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { McpConfig } from "@seer/config";
import type { RpcClient } from "@seer/rpc";
import { createMcpServer } from "./create-mcp-server.ts";
import { refusalOf, refuse } from "./http-access.ts";
import { HttpSessions } from "./http-sessions.ts";
import { serverName } from "./to-mcp-config.ts";

export interface ServeHttpOptions {
  /** On 127.0.0.1; any free one when absent. */
  port?: number | undefined;
  /** What MCP clients must present as their bearer token; made up when absent. */
  token?: string | undefined;
}

export interface HttpMcpServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** For an MCP client, the token included. */
  readonly mcpConfig: McpConfig;
  /** Ends the server and all calls that its clients are waiting for. */
  close(): Promise<void>;
}

/**
 * Serves an interface as an MCP server over streamable HTTP, to this machine only.
 *
 * It never closes the client.
 */
export async function serveHttp(
  client: RpcClient,
  name: string,
  { port = 0, token = randomBytes(32).toString("base64url") }: ServeHttpOptions = {},
): Promise<HttpMcpServer> {
  const sessions = new HttpSessions(() => createMcpServer(client, name));
  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, String(error));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, token);
    if (refusal !== undefined) return refuse(response, ...refusal);
    if (request.url !== "/mcp") return refuse(response, 404, "the MCP server is at /mcp");
    const session = await sessions.find(request.headers["mcp-session-id"]);
    if (session === undefined) return refuse(response, 404, "there is no such session");
    await session.handleRequest(request, response);
  }

  async function end(): Promise<void> {
    http.close();
    await sessions.close();
    http.closeAllConnections();
  }
  let ending: Promise<void> | undefined;
  const close = () => {
    ending ??= end();
    return ending;
  };

  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  const mcpConfig: McpConfig = {
    [serverName(name)]: { type: "http", url, headers: { Authorization: `Bearer ${token}` } },
  };
  return { url, token, mcpConfig, close, [Symbol.asyncDispose]: close };
}
