import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect as openSocket } from "node:net";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { Library, Workspace } from "@seer/workspace";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LocalSession } from "../../src/index.ts";
import { startSession } from "../local/session-fixture.ts";

function server(session: LocalSession) {
  const config = session.mcpConfig[session.name];
  if (config?.type !== "http") throw new Error("expected a server over HTTP");
  return config;
}

async function connect(session: LocalSession): Promise<Client> {
  const { url, headers } = server(session);
  const client = new Client({ name: "test", version: "0" });
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  await client.connect(transport as Transport);
  onTestFinished(() => client.close());
  return client;
}

async function execute(client: Client, code: string, timeout?: number): Promise<CallToolResult> {
  const args = { code, ...(timeout === undefined ? {} : { timeout_seconds: timeout }) };
  return (await client.callTool({ name: "execute_code", arguments: args })) as CallToolResult;
}

const text = (value: string) => ({ type: "text", text: value });

test("an agent finds two tools, and which libraries there are", async () => {
  const helpers = Library.fromCode('"""Formats results."""\n', { name: "helpers" });
  const client = await connect(await startSession({ workspace: new Workspace({ libraries: [helpers] }) }));
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(["execute_code", "restart"]);
  expect(tools[0]?.description).toContain("`import helpers` works");
  expect(tools[0]?.inputSchema).toMatchObject({
    required: ["code"],
    properties: { code: { type: "string" } },
  });
  expect(client.getInstructions()).toContain("## `import helpers`\n\nFormats results.");
});

test("code runs, output and value come in the order in which they came about", async () => {
  const client = await connect(await startSession());
  const code = "import sys\nprint('one')\nprint('two', file=sys.stderr)\n1 + 2";
  expect(await execute(client, code)).toEqual({ content: [text("one\ntwo\n3")] });
  expect(await execute(client, "x = 1")).toEqual({ content: [text("(no output)")] });
  expect(await execute(client, "x")).toEqual({ content: [text("1")] });
});

test("agents and the researcher share one session", async () => {
  const session = await startSession();
  const [one, two] = await Promise.all([connect(session), connect(session)]);
  await execute(one, "x = 1");
  await session.exec("x += 1");
  expect(await execute(two, "x")).toEqual({ content: [text("2")] });
});

test("an exception is an error result with its traceback", async () => {
  const client = await connect(await startSession());
  const result = await execute(client, "print('before')\n1 / 0");
  expect(result.isError).toBe(true);
  expect(result.content).toEqual([
    text(
      expect.stringMatching(/^before\nTraceback [\s\S]*<cell 1>[\s\S]*ZeroDivisionError: division by zero$/),
    ),
  ]);
});

test("pictures come as images", async () => {
  const client = await connect(await startSession());
  const code =
    "class Picture:\n    def _repr_png_(self): return b'\\x89PNG'\n    def __repr__(self): return 'a plot'\nPicture()";
  const data = Buffer.from("\x89PNG", "latin1").toString("base64");
  expect((await execute(client, code)).content).toEqual([
    text("a plot"),
    { type: "image", mimeType: "image/png", data },
  ]);
});

test("long output loses its middle and is kept in a file", async () => {
  const session = await startSession();
  const client = await connect(session);
  const { content } = await execute(client, "print('\\n'.join(f'row {i}' for i in range(20_000)))");
  const shown = content[0]?.type === "text" ? content[0].text : "";
  const whole = Array.from({ length: 20_000 }, (_, i) => `row ${i}`).join("\n");
  expect(shown.length).toBeLessThan(50_200);
  expect(shown).toMatch(/^row 0\n[\s\S]*\nrow 19999$/);
  const [, leftOut, total, path = ""] =
    /\[\.\.\. (\d+) of (\d+) characters omitted; the full output is in (\S+) \.\.\.\]/.exec(shown) ?? [];
  expect(Number(total)).toBe(whole.length);
  expect(Number(leftOut)).toBeGreaterThan(100_000);
  expect(await readFile(join(session.workspaceDir, path), "utf8")).toBe(whole);
  expect(await execute(client, `len(open(${JSON.stringify(path)}).read())`)).toEqual({
    content: [text(`${total}`)],
  });
});

test("code that runs too long is interrupted, and the agent told that variables stay", async () => {
  const client = await connect(await startSession());
  const result = await execute(client, "x = 1\nprint('begun')\nimport time; time.sleep(60)", 0.3);
  expect(result.isError).toBe(true);
  expect(result.content).toEqual([
    text(expect.stringMatching(/^begun\n[\s\S]*more than 300 ms[\s\S]*Variables are kept\.$/)),
  ]);
  expect(await execute(client, "x")).toEqual({ content: [text("1")] });
});

test("a dead process is an error result that says what is lost", async () => {
  const client = await connect(await startSession());
  const result = await execute(client, "import os; os._exit(3)");
  expect(result.isError).toBe(true);
  expect(result.content).toEqual([
    text(expect.stringMatching(/exited with code 3[\s\S]*variables are lost/)),
  ]);
  expect(await execute(client, "1")).toEqual({ content: [text("1")] });
});

test("cancelling a call interrupts its cell", async () => {
  const session = await startSession();
  const client = await connect(session);
  const cancel = new AbortController();
  const call = client.callTool(
    { name: "execute_code", arguments: { code: "state = 'begun'\nimport time; time.sleep(60)" } },
    undefined,
    { signal: cancel.signal },
  );
  setTimeout(() => cancel.abort("enough"), 300);
  await expect(call).rejects.toThrow("enough");
  expect((await session.exec("state")).result).toBe("'begun'");
});

test("restart loses the variables", async () => {
  const client = await connect(await startSession());
  await execute(client, "x = 1");
  const result = (await client.callTool({ name: "restart" })) as CallToolResult;
  expect(result.content).toEqual([text(expect.stringContaining("variables are lost"))]);
  expect(await execute(client, "'x' in globals()")).toEqual({ content: [text("False")] });
});

test("wrong arguments are refused", async () => {
  const client = await connect(await startSession());
  const result = (await client.callTool({
    name: "execute_code",
    arguments: { source: "1" },
  })) as CallToolResult;
  expect(result.isError).toBe(true);
  expect(JSON.stringify(result.content)).toContain("code");
});

describe("access", () => {
  const initialise = { jsonrpc: "2.0", id: 1, method: "initialize", params: {} };
  const post = (url: string, headers: Record<string, string>) =>
    fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body: JSON.stringify(initialise),
    });

  test("needs the token", async () => {
    const { url } = server(await startSession());
    expect(new URL(url).hostname).toBe("127.0.0.1");
    for (const authorization of ["", "Bearer ", "Bearer wrong", "Basic x"]) {
      expect((await post(url, { authorization })).status).toBe(401);
    }
  });

  test("is not for web pages", async () => {
    const { url, headers } = server(await startSession());
    expect((await post(url, { ...headers, origin: "http://127.0.0.1" })).status).toBe(403);
  });

  test("is not taken away by a thousand strangers", async () => {
    const session = await startSession();
    const { hostname, port } = new URL(server(session).url);
    await using crowd = new AsyncDisposableStack();
    const sockets = Array.from({ length: 1000 }, () =>
      crowd
        .adopt(openSocket(Number(port), hostname), (socket) => void socket.destroy())
        .on("error", () => {}),
    );
    await Promise.all(sockets.map((socket) => (socket.connecting ? once(socket, "connect") : undefined)));
    expect(await execute(await connect(session), "1 + 2")).toEqual({ content: [text("3")] });
  });

  test("is over with the session", async () => {
    const session = await startSession();
    const client = await connect(session);
    await session.terminate();
    await expect(execute(client, "1")).rejects.toThrow();
    await expect(post(server(session).url, {})).rejects.toThrow();
  });

  test("ends for a client whose own session is over", async () => {
    const { url, headers } = server(await startSession());
    expect((await post(url, { ...headers, "mcp-session-id": "unknown" })).status).toBe(404);
    expect((await post(new URL("/other", url).href, headers)).status).toBe(404);
  });
});
