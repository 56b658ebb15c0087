import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { mcpConfigSchema } from "@seer/config";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { toMcpConfig } from "../../src/mcp/index.ts";
import { run } from "../run.ts";
import { type Served, serve } from "../served.ts";
import { connect, textOf } from "./mcp-client.ts";

let served: Served;

beforeAll(async () => {
  served = await serve();
});

afterAll(() => served?.[Symbol.asyncDispose]());

function stdioServer(name = "tools") {
  const config = mcpConfigSchema.parse(toMcpConfig({ ...served.served, name }));
  const server = Object.values(config)[0];
  if (server?.type !== "stdio") throw new Error("expected a stdio server");
  return server;
}

test("the command of the configuration is an MCP server", async () => {
  await using mcp = await connect(new StdioClientTransport(stdioServer()));
  expect(mcp.client.getServerVersion()).toMatchObject({ name: "tools" });
  const { tools } = await mcp.client.listTools();
  expect(tools).toHaveLength(served.served.description.functions.length);
  expect((await mcp.call("get_embedding", { text: "hi" })).structuredContent).toMatchObject({ text: "hi" });
});

test("long integers keep their digits on the wire", async () => {
  await using mcp = await connect(new StdioClientTransport(stdioServer()));
  const result = await mcp.call("big_integer");
  expect(textOf(result)).toBe("9223372036854775809");
  // As far as a client in JavaScript can tell.
  expect(result.structuredContent).toEqual({ result: 2 ** 63 });
});

test("it ends with its client, and what it runs is cancelled", async () => {
  const transport = new StdioClientTransport(stdioServer());
  const mcp = await connect(transport);
  const { pid } = transport;
  const call = mcp.call("slow", { seconds: 60 }).catch(() => undefined);
  await expect.poll(async () => (await served.client.health()).state).toBe("busy");
  await mcp.client.close();
  await call;
  await expect.poll(async () => (await served.client.health()).state).toBe("idle");
  await expect.poll(() => isAlive(pid ?? 0)).toBe(false);
});

test("a server that cannot reach the interface says so and fails", async () => {
  const { command, args, env } = stdioServer();
  const { status, stderr, stdout } = await run(command, args, { env: { ...env, SEER_RPC_TOKEN: "wrong" } });
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/token/);
  const without = await run(command, args, { env: { SEER_RPC_URL: "" } });
  expect(without).toMatchObject({ status: 1, stderr: expect.stringContaining("SEER_RPC_URL is not set") });
});

test("the configuration holds the token in the environment alone, under a name that clients take", () => {
  vi.stubEnv("NODE_EXTRA_CA_CERTS", "/etc/company.pem");
  const config = toMcpConfig({ ...served.served, name: "model tools" });
  expect(Object.keys(config)).toEqual(["model_tools"]);
  const { args, env } = stdioServer();
  expect(args.join(" ")).not.toContain(served.served.token);
  expect(env).toEqual({
    SEER_RPC_URL: served.served.url,
    SEER_RPC_TOKEN: served.served.token,
    NODE_EXTRA_CA_CERTS: "/etc/company.pem",
  });
  vi.unstubAllEnvs();
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
