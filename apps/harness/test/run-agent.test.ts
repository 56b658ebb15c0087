import { describe, expect, test } from "vitest";
import { type Message, type Provider, type ProviderEvent, runAgent } from "../src/index.ts";
import { FixtureLog, httpServer, stdioServer } from "./helpers/fixture-servers.ts";
import { isRunning, ofType, record } from "./helpers/run.ts";

const server = { fixture: stdioServer() };

describe("a scripted run", () => {
  test("tells everything that happens, in order", async () => {
    const { events } = await record({
      prompt: "Say hello.",
      prompts: ["You are terse."],
      provider: "script",
      script: [
        { text: "Let me see.", toolCalls: [{ tool: "fixture.echo", arguments: { text: "hello" } }] },
        {
          toolCalls: [{ tool: "mcp__fixture__add", arguments: { a: 1, b: 2 } }, { tool: "fixture.picture" }],
        },
        { text: "Done." },
      ],
      mcpConfig: server,
    });

    expect(events.map((event) => event.type)).toEqual([
      "run-start",
      ...["turn-start", "text-delta", "text", "tool-call", "tool-result", "turn-end"],
      ...["turn-start", "tool-call", "tool-result", "tool-call", "tool-result", "turn-end"],
      ...["turn-start", "text-delta", "text", "turn-end"],
      "run-end",
    ]);
    const [start] = ofType(events, "run-start");
    expect(start).toMatchObject({
      provider: "script",
      prompt: "Say hello.\n\nYou are terse.",
      servers: ["fixture"],
    });
    expect(start?.tools.map((tool) => tool.name)).toEqual(
      ["echo", "pid", "add", "picture", "fail", "count", "wait", "die"].map(
        (tool) => `mcp__fixture__${tool}`,
      ),
    );
    expect(start?.tools[0]).toMatchObject({
      description: "Says it back.",
      inputSchema: { required: ["text"] },
    });
    const [echo, add, picture] = ofType(events, "tool-result");
    expect(echo).toMatchObject({ turn: 1, tool: "mcp__fixture__echo", text: "hello", isError: false });
    expect(add).toMatchObject({ text: '{"sum":3}', structured: { sum: 3 } });
    expect(picture).toMatchObject({
      text: "a pixel",
      images: [{ mimeType: "image/png", data: "iVBORw0KGgo=" }],
    });
    expect(events.at(-1)).toMatchObject({ type: "run-end", reason: "finished", turns: 3 });
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  test("reports a tool's progress while it runs", async () => {
    const script = [{ toolCalls: [{ tool: "fixture.count", arguments: { to: 3 } }] }];
    const { events } = await record({ prompt: "Count.", provider: "script", script, mcpConfig: server });

    expect(
      ofType(events, "tool-progress").map(({ done, total, message }) => ({ done, total, message })),
    ).toEqual([1, 2, 3].map((done) => ({ done, total: 3, message: "counting" })));
  });

  test("goes on after a tool failed", async () => {
    const script = [
      { toolCalls: [{ tool: "fixture.fail" }], expect: { isError: true, contains: "layer 40" } },
      { text: "Layer 40 does not exist." },
    ];
    const { events, error } = await record({
      prompt: "Fail.",
      provider: "script",
      script,
      mcpConfig: server,
    });

    expect(error).toBeUndefined();
    expect(ofType(events, "tool-result")[0]).toMatchObject({
      isError: true,
      text: "ValueError: layer 40 of 26",
    });
    expect(events.at(-1)).toMatchObject({ type: "run-end", reason: "finished" });
  });

  test("uses servers of several configurations, over stdio and HTTP", async () => {
    await using remote = await httpServer();
    const { events } = await record({
      prompt: "Both.",
      provider: "script",
      script: [
        {
          toolCalls: [
            { tool: "fixture.echo", arguments: { text: "near" } },
            { tool: "remote.echo", arguments: { text: "far" } },
          ],
          expect: { contains: ["near", "far"] },
        },
      ],
      mcpConfig: [server, { remote: remote.config }],
    });

    expect(ofType(events, "tool-result").map(({ text }) => text)).toEqual(["near", "far"]);
    expect(remote.sessions.size).toBe(0);
  });

  test("needs no servers", async () => {
    const { events } = await record({ prompt: "Talk.", provider: "script", script: [{ text: "Hello." }] });

    expect(ofType(events, "run-start")[0]?.tools).toEqual([]);
    expect(ofType(events, "text")[0]?.text).toBe("Hello.");
  });
});

describe("the model's side", () => {
  test("is told of results and errors in its messages", async () => {
    const seen: Message[][] = [];
    const provider = fakeProvider(seen, [
      [
        { type: "text-delta", text: "Two " },
        { type: "text-delta", text: "calls." },
        { type: "tool-call", id: "a", tool: "mcp__fixture__add", arguments: { a: 1, b: 1 } },
        { type: "tool-call", id: "b", tool: "mcp__fixture__ecko", arguments: {} },
        { type: "usage", usage: { inputTokens: 10, cachedInputTokens: 4, outputTokens: 5 } },
      ],
      [{ type: "usage", usage: { inputTokens: 20, cachedInputTokens: 0, outputTokens: 1 } }],
    ]);
    const { events } = await record({ prompt: "Go.", provider, mcpConfig: server });

    expect(seen[1]?.[0]).toEqual({ role: "user", text: "Go." });
    expect(seen[1]?.[1]).toMatchObject({
      role: "assistant",
      text: "Two calls.",
      toolCalls: [{ id: "a" }, { id: "b" }],
    });
    expect(seen[1]?.[2]).toMatchObject({
      role: "tool",
      results: [
        { callId: "a", structured: { sum: 2 }, isError: false },
        { callId: "b", isError: true, text: expect.stringContaining("did you mean mcp__fixture__echo?") },
      ],
    });
    expect(events.at(-1)).toMatchObject({
      usage: { inputTokens: 30, cachedInputTokens: 4, outputTokens: 6 },
      turns: 2,
    });
  });

  test("has exactly the tools of its servers, or the run ends", async () => {
    const provider = fakeProvider([], [[{ type: "tools", names: ["Bash", "mcp__fixture__echo"] }]]);
    const { events, error } = await record({ prompt: "Go.", provider, mcpConfig: server });

    expect(error).toMatchObject({
      code: "harness/foreign-tools",
      message: expect.stringContaining("has Bash"),
    });
    expect(events.at(-1)).toMatchObject({ reason: "error", error: { code: "harness/foreign-tools" } });
  });

  test("stops after maxTurns", async () => {
    const again: ProviderEvent[] = [{ type: "tool-call", id: "x", tool: "mcp__fixture__pid", arguments: {} }];
    const provider = fakeProvider([], [again, again, again]);
    const { events } = await record({ prompt: "Go.", provider, mcpConfig: server, maxTurns: 2 });

    expect(events.at(-1)).toMatchObject({ reason: "max-turns", turns: 2 });
    expect(ofType(events, "tool-result")).toHaveLength(2);
  });
});

describe("ending early", () => {
  const wait = [{ toolCalls: [{ tool: "fixture.pid" }, { tool: "fixture.wait" }] }];

  test.each(["stdio", "http"])("an abort cancels the call at its server (%s)", async (transport) => {
    await using log = await FixtureLog.create();
    await using http = await httpServer(log.file);
    const abort = new AbortController();
    const config = transport === "http" ? http.config : stdioServer({ LOG: log.file });
    const recorded = record({
      prompt: "Wait.",
      provider: "script",
      script: wait,
      mcpConfig: { fixture: config },
      signal: abort.signal,
    });
    await log.until("waiting");
    abort.abort();
    const { events, error } = await recorded;

    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "run-end", reason: "aborted" });
    await log.until("cancelled");
    const pid = Number(ofType(events, "tool-result")[0]?.text);
    expect(isRunning(pid)).toBe(transport === "http");
  });

  test("an abort before the start leaves nothing running", async () => {
    const { events, error } = await record({
      prompt: "Wait.",
      provider: "script",
      script: wait,
      mcpConfig: server,
      signal: AbortSignal.abort(new Error("enough")),
    });

    expect(events).toEqual([]);
    expect(error).toMatchObject({ message: "enough" });
  });

  test("leaving the loop cancels the call and ends the server", async () => {
    await using log = await FixtureLog.create();
    let pid = 0;
    const mcpConfig = { fixture: stdioServer({ LOG: log.file }) };
    for await (const event of runAgent({ prompt: "Wait.", provider: "script", script: wait, mcpConfig })) {
      if (event.type === "tool-result") pid = Number(event.text);
      if (event.type === "tool-progress") break;
    }

    expect(isRunning(pid)).toBe(false);
    expect(await log.read()).toContain("cancelled");
  });

  test("a run that throws ends the server", async () => {
    const script = [{ toolCalls: [{ tool: "fixture.pid" }], expect: { contains: "no number" } }];
    const { events, error } = await record({ prompt: "Go.", provider: "script", script, mcpConfig: server });

    expect(error).toMatchObject({ code: "harness/script-expectation" });
    expect(events.at(-1)).toMatchObject({ reason: "error", error: { code: "harness/script-expectation" } });
    expect(isRunning(Number(ofType(events, "tool-result")[0]?.text))).toBe(false);
  });
});

describe("wrong options", () => {
  test("a provider that is not there yet names those that are", async () => {
    const { error } = await record({ prompt: "Go.", provider: "claude" });

    expect(error).toMatchObject({
      code: "harness/provider-unavailable",
      message: "The provider `claude` is not part of this version of Seer; available: script",
    });
  });

  test("an unknown option names the nearest", async () => {
    // @ts-expect-error a typing error
    const { error } = await record({ prompt: "Go.", provider: "script", maxTurn: 3 });

    expect(error).toMatchObject({
      code: "config/invalid",
      message: expect.stringContaining("unknown key `maxTurn`; did you mean `maxTurns`?"),
    });
  });

  test("two servers of one name are an error", async () => {
    const { error } = await record({
      prompt: "Go.",
      provider: "script",
      script: [{ text: "Hi." }],
      mcpConfig: [server, server],
    });

    expect(error).toMatchObject({
      code: "harness/duplicate-server",
      message: "Two MCP servers are called `fixture`",
    });
  });
});

function fakeProvider(seen: Message[][], turns: ProviderEvent[][]): Provider {
  return {
    name: "fake",
    async *startTurn(messages) {
      seen.push([...messages]);
      yield* turns.shift() ?? [];
    },
  };
}
