import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { type McpEndpoint, openMcpEndpoint } from "@seer/rpc/http";
import type { Mask } from "@seer/system";
import { z } from "zod";
import type { CellOptions, ExecutionResult } from "../run/cell-options.ts";
import { executeCode } from "./execute-code.ts";

/** The part of a session that its MCP server uses. */
export interface ServedSession {
  readonly name: string;
  readonly workspaceDir: string;
  /** Masks the values of secrets. */
  readonly mask: Mask;
  /** Names of the importable libraries. */
  readonly libraries: readonly string[];
  /** Their documentation, as markdown. */
  readonly libraryDocs: string;
  exec(code: string, options?: CellOptions): Promise<ExecutionResult>;
  restart(): Promise<void>;
  /** Saves output that is too long to show, and returns its path in the workspace. */
  saveOutput(text: string): Promise<string>;
}

const defaultTimeoutSeconds = 600;

const description =
  `Runs Python in the session's persistent process, like a notebook cell. Variables, imports and
functions are kept for later calls. Returns the printed output, the last expression's value, and open
matplotlib figures as images. \`await\` works at the top level.`.replaceAll("\n", " ");

/** Serves a session over MCP on a free port of the loopback interface. Each client gets its own server object. */
export function openSessionEndpoint(session: ServedSession): Promise<McpEndpoint> {
  return openMcpEndpoint({
    async newTransport(id) {
      // Loaded for the first client, because a session without an agent does not need the MCP SDK.
      const { StreamableHTTPServerTransport } = await import(
        "@modelcontextprotocol/sdk/server/streamableHttp.js"
      );
      const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => id });
      const server = await createSessionServer(session);
      // The SDK's transport class does not match its own interface under exactOptionalPropertyTypes.
      await server.connect(transport as Parameters<McpServer["connect"]>[0]);
      return transport;
    },
  });
}

async function createSessionServer(session: ServedSession): Promise<McpServer> {
  const { McpServer } = await import("@modelcontextprotocol/sdk/server/mcp.js");
  const server = new McpServer(
    { name: session.name, version: "0.1.0" },
    { capabilities: { logging: {} }, instructions: instructions(session) },
  );
  server.registerTool(
    "execute_code",
    {
      title: "Run Python",
      description: [description, ...session.libraries.map((name) => `\`import ${name}\` works.`)].join(" "),
      inputSchema: {
        code: z.string().describe("Python source."),
        timeout_seconds: z
          .number()
          .positive()
          .max(86_400)
          .default(defaultTimeoutSeconds)
          .describe("Interrupts the code after this time. Variables are kept."),
      },
      annotations: { destructiveHint: true, openWorldHint: true },
      // Without this, Claude Code truncates results that are within the limit of `executeCode`.
      _meta: { "anthropic/maxResultSizeChars": 100_000 },
    },
    ({ code, timeout_seconds }, call) => executeCode(session, code, timeout_seconds * 1000, call),
  );
  server.registerTool(
    "restart",
    {
      title: "Restart Python",
      description: "Ends running code and restarts Python. All variables are lost; files are kept.",
      annotations: { destructiveHint: true },
    },
    async () => {
      await session.restart();
      const text = "Python has been restarted. All variables are lost; files are kept.";
      return { content: [{ type: "text", text }] };
    },
  );
  return server;
}

function instructions({ workspaceDir, libraryDocs }: ServedSession): string {
  const directory = `Python's working directory is ${workspaceDir}. Put files there.`;
  return libraryDocs === ""
    ? directory
    : `${directory}\n\nThese libraries can be imported:\n\n${libraryDocs}`;
}
