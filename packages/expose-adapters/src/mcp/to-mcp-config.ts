import { environmentVariables, type McpConfig } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import { packageFile } from "../package-file.ts";
import { serverName } from "./tool-names.ts";

/** The configuration with which a client starts an MCP server whose tools are the exposed functions. */
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
        // Clients pass only few of their own variables to servers.
        ...(extraAuthorities === undefined ? {} : { NODE_EXTRA_CA_CERTS: extraAuthorities }),
      },
    },
  };
}
