import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { mcpConfigSchema } from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { launchHost } from "@seer/rpc/launch";
import { expect, test } from "vitest";
import { serveHttp, toMcpConfig } from "../../src/mcp/index.ts";
import { python } from "../run.ts";
import { scratch } from "../scratch.ts";
import { connect } from "./mcp-client.ts";

const exposing = (name: string) => `@expose\ndef ${name}(n: int) -> int:\n    return n\n`;

test.each(["stdio", "http"])(
  "a client that stays connected over %s sees the tools of an edited file",
  async (type) => {
    await using folder = await scratch({ "tools.py": exposing("before") });
    const file = join(folder.path, "tools.py");
    await using host = await launchHost({ file, name: "tools", python });
    const { url, token, adminToken } = host;
    await using admin = await RpcClient.connect({ url, token: adminToken });
    const description = await admin.describe();
    await using server = type === "http" ? await serveHttp(admin, "tools") : undefined;
    const served = { name: "tools", url, token, description };
    await using mcp = await connect(transportTo(server?.mcpConfig ?? toMcpConfig(served)));
    const changed = Promise.withResolvers<void>();
    mcp.client.setNotificationHandler(ToolListChangedNotificationSchema, () => changed.resolve());
    expect((await mcp.call("before", { n: 1 })).structuredContent).toEqual({ result: 1 });

    // What does not load changes nothing.
    await writeFile(file, "def broken(:\n");
    await expect(admin.reload()).rejects.toThrow();
    expect((await mcp.call("before", { n: 2 })).structuredContent).toEqual({ result: 2 });

    await writeFile(file, exposing("after"));
    await admin.reload();
    await changed.promise;
    const { tools } = await mcp.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["after"]);
    expect((await mcp.call("after", { n: 3 })).structuredContent).toEqual({ result: 3 });
    await expect(mcp.call("before", { n: 4 })).rejects.toThrow(/no tool before/);
  },
);

function transportTo(mcpConfig: unknown): Transport {
  const [server] = Object.values(mcpConfigSchema.parse(mcpConfig));
  if (server?.type === "stdio") return new StdioClientTransport(server);
  if (server?.type !== "http") throw new Error("expected a server over stdio or HTTP");
  const { url, headers = {} } = server;
  return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }) as Transport;
}
