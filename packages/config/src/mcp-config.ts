import { z } from "zod";

const stdioServerSchema = z.strictObject({
  type: z.literal("stdio"),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  /** Added to the few variables that MCP clients pass to servers. */
  env: z.record(z.string(), z.string()).default({}),
});

const httpServerSchema = z.strictObject({
  type: z.literal("http"),
  url: z.url(),
  headers: z.record(z.string(), z.string()).default({}),
});

export const mcpConfigSchema = z.record(
  z.string().regex(/^[A-Za-z0-9_-]+$/, "expected a server name of letters, digits, `_` and `-`"),
  z.discriminatedUnion("type", [stdioServerSchema, httpServerSchema]),
);

/** MCP servers by name, in the format of `mcpServers` in MCP clients. */
export type McpConfig = z.output<typeof mcpConfigSchema>;
export type McpServerConfig = McpConfig[string];
