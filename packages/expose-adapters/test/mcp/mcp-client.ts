import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";

export interface TestClient extends AsyncDisposable {
  readonly client: Client;
  /** Calls a tool; the SDK's client checks structured content against the tool's output schema. */
  call(name: string, args?: Record<string, unknown>): Promise<CallToolResult>;
}

/** The MCP SDK's own client. */
export async function connect(transport: Transport): Promise<TestClient> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  // It knows only the output schemas of tools that it has listed.
  await client.listTools();
  return {
    client,
    call: async (name, args = {}) => (await client.callTool({ name, arguments: args })) as CallToolResult,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === "text" ? part.text : `<${part.type}>`)).join("\n---\n");
}
