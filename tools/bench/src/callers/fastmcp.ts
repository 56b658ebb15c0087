import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Caller, Target } from "./caller.ts";
import { viewFloats } from "./raw.ts";

/** The MCP SDK's own client over streamable HTTP; arrays are base64, the only way for bytes in JSON. */
export async function connectFastMcp({ port, tls }: Target): Promise<Caller> {
  const url = new URL(tls ? `https://localhost:${port}/mcp` : `http://127.0.0.1:${port}/mcp`);
  const client = new Client({ name: "seer-bench", version: "0.0.0" });
  await client.connect(new StreamableHTTPClientTransport(url) as Transport);

  async function call(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const answer = await client.callTool({ name, arguments: args });
    if (answer.isError) throw new Error(JSON.stringify(answer.content));
    return (answer.structuredContent as { result?: unknown } | undefined)?.result;
  }

  return {
    echo: (value) => call("echo", { value }),
    numbers: (value) => call("numbers", { value }),
    floats: async () => viewFloats(Buffer.from((await call("floats")) as string, "base64")),
    take: (floats) =>
      call("take", {
        value: Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString("base64"),
      }),
    nap: () => call("nap"),
    hold: (count) => call("hold", { value: count }),
    health: () => client.ping(),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
