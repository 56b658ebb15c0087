export type { AccessRefusal } from "./access-check.ts";
export { GuardedServer, type GuardedServerOptions, refuseUpgrade } from "./guarded-server.ts";
export { type McpEndpoint, type McpEndpointOptions, openMcpEndpoint } from "./mcp-endpoint.ts";
export type { McpTransport } from "./mcp-sessions.ts";
