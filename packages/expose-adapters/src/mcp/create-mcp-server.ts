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
 * An MCP server whose tools are exactly the functions that a host serves; connect it to a transport to use it.
 *
 * It never closes the client.
 */
export function createMcpServer(client: RpcClient, name: string): Server {
  const server = new Server(
    { name, version: "1" },
    { capabilities: { tools: {} }, instructions: `Each tool is a Python function that ${name} serves.` },
  );
  let loaded: Promise<ReadonlyMap<string, FunctionTool>> | undefined;
  const load = async () => {
    try {
      return toolsOf(readInterface(name, await client.describe()));
    } catch (error) {
      // Only what the interface is, is kept: what failed may yet be mended and loaded.
      loaded = undefined;
      throw RpcError.isInstance(error) ? new McpError(ErrorCode.InternalError, describeError(error)) : error;
    }
  };
  const tools = () => {
    loaded ??= load();
    return loaded;
  };

  server.setRequestHandler(ListToolsRequestSchema, async () => ({
    tools: [...(await tools()).values()].map(({ tool }) => tool),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const known = await tools();
    const called = known.get(params.name);
    if (called === undefined) {
      const meant = nearest(params.name, known.keys());
      const remedy =
        meant === undefined ? `the tools are ${[...known.keys()].join(", ")}` : `did you mean ${meant}?`;
      throw new McpError(ErrorCode.InvalidParams, `there is no tool ${params.name}; ${remedy}`);
    }
    return await callTool(client, called, params.arguments ?? {}, extra);
  });
  return server;
}
