import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { RpcClient } from "@seer/rpc";
import { createMcpServer } from "./create-mcp-server.ts";

export interface ServeStdioOptions {
  /** Stops the server. */
  signal?: AbortSignal | undefined;
}

/**
 * Serves an interface as an MCP server over this process's standard input and output, until the client closes them.
 *
 * It never closes the RPC client.
 */
export async function serveStdio(
  client: RpcClient,
  name: string,
  { signal }: ServeStdioOptions = {},
): Promise<void> {
  const server = createMcpServer(client, name);
  const ended = new Promise<void>((resolve) => {
    const end = () => resolve();
    const { onclose } = server;
    server.onclose = () => {
      onclose?.();
      end();
    };
    // The transport does not notice the end of its input.
    process.stdin.once("end", end).once("close", end);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
  });
  await server.connect(new StdioServerTransport());
  await ended;
  // Cancels the calls in flight.
  await server.close();
}
