import { environmentVariables, type McpConfig } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { packageFile } from "../package-file.ts";

/** The MCP server of a served interface, for a client to start; its tools are exactly the exposed functions. */
export function toMcpConfig({ name, url, token }: ServedInterface): McpConfig {
  const extraAuthorities = process.env.NODE_EXTRA_CA_CERTS;
  return {
    [serverName(name)]: {
      type: "stdio",
      command: process.execPath,
      args: [packageFile("dist/mcp/main.js"), "--name", name],
      env: {
        [environmentVariables.rpcUrl]: url,
        [environmentVariables.rpcToken]: token,
        // Clients start servers with hardly any of their own variables.
        ...(extraAuthorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: extraAuthorities }),
      },
    },
  };
}

/** The name of a server for clients, which allow no others. */
export function serverName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}
