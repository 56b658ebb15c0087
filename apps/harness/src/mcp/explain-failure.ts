import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import type { McpServerConfig } from "@seer/config";

interface FailedServer {
  name: string;
  config: McpServerConfig;
  /** How the server's process ended, if it is a process and has ended. */
  ending: string | undefined;
  /** The last lines of its stderr. */
  stderr: string;
}

/** Explains why a server did not answer, with the last lines of its stderr. */
export function explainFailure(server: FailedServer, cause: unknown, waitedMs: number): string {
  const { config, ending, stderr } = server;
  const who =
    config.type === "stdio"
      ? `MCP server \`${server.name}\` (${[config.command, ...config.args].join(" ")})`
      : `MCP server \`${server.name}\` (${config.url})`;
  if (cause instanceof McpError && !isOurs(cause)) return withoutPrefix(cause);
  const what = ending === undefined ? reason(cause, waitedMs) : `ended with ${ending}`;
  const tail = stderr === "" ? "" : `\nThe last lines of its stderr:\n${stderr.replaceAll(/^/gm, "  ")}`;
  return `${who} ${what}${tail}`;
}

function reason(cause: unknown, waitedMs: number): string {
  if (isTimeout(cause)) return `sent nothing for ${waitedMs / 1000} s; the request was cancelled`;
  if (cause instanceof StreamableHTTPError) {
    if (cause.code === 401 || cause.code === 403) {
      return `refused the connection with status ${cause.code}: its token is missing or wrong`;
    }
    return `answered with status ${cause.code}: ${cause.message}`;
  }
  if (!(cause instanceof Error)) return `failed: ${String(cause)}`;
  const code = codeOf(cause) ?? codeOf(cause.cause);
  if (code === "ENOENT") return "was not started: the command does not exist";
  if (code === "EACCES") return "was not started: the command is not executable";
  // The error of `fetch` has the reason only in its cause.
  const inner = cause.cause instanceof Error ? cause.cause.message : "";
  return `cannot be reached: ${inner === "" ? (code ?? cause.message) : inner}`;
}

/** Whether an error arose on this side; the SDK uses the same class for errors that the server sent. */
function isOurs(error: McpError): boolean {
  return error.code === ErrorCode.ConnectionClosed || error.code === ErrorCode.RequestTimeout;
}

function isTimeout(cause: unknown): boolean {
  return (
    (cause instanceof McpError && cause.code === ErrorCode.RequestTimeout) ||
    (cause instanceof DOMException && cause.name === "TimeoutError")
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function withoutPrefix(error: McpError): string {
  return error.message.replace(/^MCP error -?\d+: /, "");
}
