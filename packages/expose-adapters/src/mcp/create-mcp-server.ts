import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from "@modelcontextprotocol/sdk/types.js";
import { nearest } from "@seer/config";
import { type RpcClient, RpcError } from "@seer/rpc";
import { readInterface } from "../interface/read-interface.ts";
import { callTool } from "./call-tool.ts";
import { describeError } from "./describe-error.ts";
import { type FunctionTool, toolsOf } from "./tools.ts";

/**
 * An MCP server whose tools are the functions that a host serves; connect it to a transport to use it. When the host has
 * loaded an edited file, clients are notified that the tools have changed.
 *
 * It never closes the client.
 */
export function createMcpServer(client: RpcClient, name: string): Server {
  const server = new Server(
    { name, version: "1" },
    {
      capabilities: { tools: { listChanged: true }, logging: {} },
      instructions: `Each tool is a Python function that ${name} serves.`,
    },
  );
  let loaded: Promise<ReadonlyMap<string, FunctionTool>> | undefined;
  const load = async () => {
    try {
      return toolsOf(readInterface(name, await client.describe()));
    } catch (error) {
      // Do not cache a failure, because the file may be corrected and loaded.
      loaded = undefined;
      throw RpcError.isInstance(error) ? new McpError(ErrorCode.InternalError, describeError(error)) : error;
    }
  };
  const tools = () => {
    loaded ??= load();
    return loaded;
  };

  const listening = client.onInterfaceChange(() => {
    loaded = undefined;
    // Ignore failures: a client that is not connected needs no notification.
    server.sendToolListChanged().catch(() => {});
  });
  server.onclose = () => listening[Symbol.dispose]();

  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: [...(await tools()).values()].map(({ tool }) => tool),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const known = await tools();
    const called = known.get(params.name);
    if (called === undefined) {
      const whole = [...known.values()].find(({ fn }) => fn.name === params.name);
      const closest = whole?.tool.name ?? nearest(params.name, known.keys());
      const remedy =
        closest === undefined ? `the tools are ${[...known.keys()].join(", ")}` : `did you mean ${closest}?`;
      throw new McpError(ErrorCode.InvalidParams, `there is no tool ${params.name}; ${remedy}`);
    }
    const log = (data: string) =>
      server.sendLoggingMessage({ level: "info", logger: called.tool.name, data }, extra.sessionId);
    return await callTool(client, called, params.arguments ?? {}, { ...extra, log });
  });
  return server;
}
