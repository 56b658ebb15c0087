import { type McpConfig, mcpConfigSchema, parseConfig } from "@seer/config";
import { HarnessError } from "../errors.ts";

/**
 * Merges the servers of several configurations.
 *
 * @throws HarnessError `harness/duplicate-server` if two servers have the same name, because one would be lost
 */
export function mergeMcpConfigs(configs: McpConfig | readonly McpConfig[]): McpConfig {
  const merged: McpConfig = {};
  for (const config of [configs].flat()) {
    for (const [name, server] of Object.entries(parseConfig("mcpConfig", mcpConfigSchema, config))) {
      if (name in merged) {
        throw new HarnessError("harness/duplicate-server", `Two MCP servers are called \`${name}\``, {
          hint: "Rename one of them; the name of a served interface is the `name` given to `serve`.",
        });
      }
      merged[name] = server;
    }
  }
  return merged;
}
