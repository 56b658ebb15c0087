/** The name under which an agent knows a server's tool, the same as in Claude: `mcp__SERVER__TOOL`. */
export function agentToolName(server: string, tool: string): string {
  // Model providers take no other characters in a tool's name, MCP servers do.
  return `mcp__${server}__${tool.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
}
