import { environmentVariables, type McpConfig } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { packageFile } from "../package-file.ts";

/** The MCP server of a served interface, for a client to start; its tools are exactly the exposed functions. */
export function toMcpConfig({ name, url, token }: ServedInterface): McpConfig {
  return {
    [serverName(name)]: {
      type: "stdio",
      command: process.execPath,
      args: [packageFile("dist/mcp/main.js"), "--name", name],
      env: { [environmentVariables.rpcUrl]: url, [environmentVariables.rpcToken]: token },
    },
  };
}

/** The name of a server for clients, which allow no others. */
export function serverName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}
