import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { executeCode } from "./execute-code.ts";
import type { ServedSession } from "./served-session.ts";

const defaultTimeoutSeconds = 600;

const description =
  `Runs Python in the session's persistent process, as in a notebook cell: variables, imports and
functions stay for later calls, the last expression's value is shown, \`await\` works at the top level, and
matplotlib figures that are still open at the end come back as images.`.replaceAll("\n", " ");

/** The MCP server of one client of a session. */
export async function createSessionServer(session: ServedSession): Promise<McpServer> {
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
          .describe("Interrupts the code when it runs longer; variables stay."),
      },
      annotations: { destructiveHint: true, openWorldHint: true },
      // Without this, Claude Code replaces results of a length that `executeCode` still allows.
      _meta: { "anthropic/maxResultSizeChars": 100_000 },
    },
    ({ code, timeout_seconds }, call) => executeCode(session, code, timeout_seconds * 1000, call),
  );
  server.registerTool(
    "restart",
    {
      title: "Restart Python",
      description: "Ends whatever runs and starts Python anew. All variables are lost; files stay.",
      annotations: { destructiveHint: true },
    },
    async () => {
      await session.restart();
      return {
        content: [
          { type: "text", text: "Python was started anew. All variables are gone; files are there still." },
        ],
      };
    },
  );
  return server;
}

function instructions({ workspaceDir, libraryDocs }: ServedSession): string {
  const place = `Python runs in ${workspaceDir}, which is the place for files.`;
  return libraryDocs === "" ? place : `${place}\n\nThese libraries can be imported:\n\n${libraryDocs}`;
}
