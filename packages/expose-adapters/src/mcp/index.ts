export { createMcpServer } from "./create-mcp-server.ts";
export { type HttpMcpServer, type ServeHttpOptions, serveHttp } from "./serve-http.ts";
export { type ServeStdioOptions, serveStdio } from "./serve-stdio.ts";
export { toMcpConfig } from "./to-mcp-config.ts";
