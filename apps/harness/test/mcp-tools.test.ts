import { describe, expect, test } from "vitest";
import { McpTools } from "../src/index.ts";
import { FixtureLog, httpServer, stdioServer } from "./helpers/fixture-servers.ts";
import { isRunning } from "./helpers/run.ts";

const node = process.execPath;
const script = (code: string) => ({ type: "stdio" as const, command: node, args: ["-e", code], env: {} });
const silent = script("console.error('loading weights'); setInterval(() => {}, 1000)");

describe("connecting", () => {
  test("says how a server ended, and what it said last", async () => {
    const crash = script("console.error('no module named foo'); process.exit(3)");

    await expect(McpTools.connect({ broken: crash })).rejects.toMatchObject({
      code: "harness/server-failed",
      message: expect.stringMatching(
        /`broken`.* ended with exit code 3\n.*stderr:\n {2}no module named foo/s,
      ),
    });
  });

  test("says that there is no such command", async () => {
    const missing = { type: "stdio" as const, command: "no-such-command", args: ["x"], env: {} };

    await expect(McpTools.connect({ missing })).rejects.toThrow(
      "MCP server `missing` (no-such-command x) was not started: the command does not exist",
    );
  });

  test("waits no longer than its deadline, and ends the server", async () => {
    await using log = await FixtureLog.create();
    const stuck = script(
      `require('node:fs').writeFileSync(${JSON.stringify(log.file)}, String(process.pid)); console.error('loading'); setInterval(() => {}, 1000)`,
    );

    await expect(McpTools.connect({ stuck }, { timeoutMs: 500 })).rejects.toThrow(
      /sent nothing for 0.5 s.*loading/s,
    );
    expect(isRunning(Number(await log.read()))).toBe(false);
  });

  test("when one server fails, the others end and nobody waits for the slow ones", async () => {
    const missing = { type: "stdio" as const, command: "no-such-command", args: [], env: {} };

    await expect(McpTools.connect({ fine: stdioServer(), silent, missing })).rejects.toThrow(/`missing`/);
  });

  test("names the server that refuses its token, and the one that is not there", async () => {
    const remote = await httpServer();
    const stranger = { ...remote.config, headers: {} };
    await expect(McpTools.connect({ stranger })).rejects.toThrow(/`stranger`.* refused .* status 401/);

    await remote[Symbol.asyncDispose]();
    await expect(McpTools.connect({ gone: remote.config })).rejects.toThrow(
      /`gone`.* cannot be reached: .*ECONNREFUSED/,
    );
  });

  test("two tools that would have one name are an error", async () => {
    const paged = stdioServer({ TOOLS: "b__c" });
    const other = stdioServer({ TOOLS: "c" });

    await expect(McpTools.connect({ a: paged, a__b: other })).rejects.toMatchObject({
      code: "harness/duplicate-tool",
    });
  });

  test("lists every page of tools", async () => {
    await using tools = await McpTools.connect({ paged: stdioServer({ TOOLS: "one,two.x,three" }) });

    expect(tools.tools.map(({ name, tool }) => [name, tool])).toEqual([
      ["mcp__paged__one", "one"],
      ["mcp__paged__two_x", "two.x"],
      ["mcp__paged__three", "three"],
    ]);
    expect(await tools.call("mcp__paged__two_x", {})).toMatchObject({ text: "two.x" });
  });
});

describe("calling", () => {
  test("a server that dies is an error result with its last words, now and later", async () => {
    await using tools = await McpTools.connect({ fixture: stdioServer() });

    const result = await tools.call("mcp__fixture__die", {});
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(/`fixture`.* ended with exit code 3\n.*out of memory/s);
    expect(await tools.call("mcp__fixture__pid", {})).toMatchObject({ isError: true });
  });

  test("a server that vanishes is an error result", async () => {
    await using log = await FixtureLog.create();
    await using remote = await httpServer(log.file);
    await using tools = await McpTools.connect({ remote: remote.config });

    const waiting = tools.call("mcp__remote__wait", {});
    await log.until("waiting");
    remote.vanish();
    expect(await waiting).toMatchObject({
      isError: true,
      text: expect.stringContaining("the connection was lost"),
    });
  });

  test("silence is waited for no longer than asked, and progress is not silence", async () => {
    await using log = await FixtureLog.create();
    await using tools = await McpTools.connect({ fixture: stdioServer({ LOG: log.file }) });

    const counted = await tools.call(
      "mcp__fixture__count",
      { to: 20 },
      { timeoutMs: 200, onProgress: () => {} },
    );
    expect(counted.text).toBe("counted to 20");
    const waited = await tools.call("mcp__fixture__wait", {}, { timeoutMs: 200 });
    expect(waited).toMatchObject({ isError: true, text: expect.stringContaining("sent nothing for 0.2 s") });
    await log.until("cancelled");
  });

  test("wrong arguments are the server's own message", async () => {
    await using tools = await McpTools.connect({ fixture: stdioServer() });

    const result = await tools.call("mcp__fixture__echo", { text: 1 });
    expect(result).toMatchObject({ isError: true, text: expect.stringMatching(/text/) });
  });

  test("an aborted call rejects with the signal's reason", async () => {
    await using tools = await McpTools.connect({ fixture: stdioServer() });

    const call = tools.call("mcp__fixture__wait", {}, { signal: AbortSignal.timeout(100) });
    await expect(call).rejects.toMatchObject({ name: "TimeoutError" });
  });
});

describe("closing", () => {
  test("ends what a wrapper started, too, even if it ignores the end of its input", async () => {
    await using log = await FixtureLog.create();
    const deaf = { LOG: log.file, IGNORE_EOF: "1" };
    const { command, args } = stdioServer() as { command: string; args: string[] };
    const wrapped = {
      type: "stdio" as const,
      command: "sh",
      args: ["-c", '"$0" "$@"; true', command, ...args],
      env: deaf,
    };
    const tools = await McpTools.connect({ wrapped });
    const pid = Number((await tools.call("mcp__wrapped__pid", {})).text);

    await tools.close();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test("happens once, and later calls say so", async () => {
    const tools = await McpTools.connect({ fixture: stdioServer() });
    await Promise.all([tools.close(), tools.close()]);

    await expect(tools.call("mcp__fixture__pid", {})).rejects.toMatchObject({ code: "harness/closed" });
  });
});
