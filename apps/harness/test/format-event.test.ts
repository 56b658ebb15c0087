import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { type AgentEvent, type FormatOptions, formatEvent } from "../src/index.ts";

const at = "2026-11-21T00:00:00.000Z";
const usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
const tool = (name: string) => ({
  name: `mcp__s__${name}`,
  server: "s",
  tool: name,
  description: "",
  inputSchema: {},
});

/** Whether there are colours depends on where the tests run. */
const format = (event: AgentEvent, options?: FormatOptions) =>
  stripVTControlCharacters(formatEvent(event, options));

describe("formatEvent", () => {
  test("a run, from its tools to its end", () => {
    const events: AgentEvent[] = [
      {
        at,
        type: "run-start",
        provider: "script",
        prompt: "Go.",
        servers: ["s"],
        tools: [tool("a"), tool("b")],
      },
      { at, type: "turn-start", turn: 1 },
      { at, type: "text-delta", turn: 1, text: "Look" },
      { at, type: "text", turn: 1, text: "Looking at the heads of the model." },
      {
        at,
        type: "tool-call",
        turn: 1,
        callId: "1",
        tool: "mcp__s__execute_code",
        arguments: { code: "import x\nx.run()\n" },
      },
      {
        at,
        type: "tool-progress",
        turn: 1,
        callId: "1",
        tool: "mcp__s__a",
        done: 1,
        total: 2,
        message: "half",
      },
      {
        at,
        type: "tool-result",
        turn: 1,
        callId: "1",
        tool: "mcp__s__a",
        text: "one\ntwo\nthree",
        images: [{ mimeType: "image/png", data: "A".repeat(4096) }],
        isError: false,
        durationMs: 1234,
      },
      { at, type: "tool-call", turn: 1, callId: "2", tool: "mcp__s__get", arguments: { layer: 3 } },
      { at, type: "run-end", reason: "finished", turns: 1, usage, durationMs: 2000 },
    ];

    expect(events.map((event) => format(event, { width: 30, resultLines: 2 })).join("")).toBe(
      `script with 2 tools
s: a, b

Looking at the heads of the
model.

▶ s.execute_code
  code:
    import x
    x.run()
  … 1/2 half
◀ 1.2 s
  one
  two
  … 1 more line
  [image/png, 3 KiB]

▶ s.get(layer=3)

✓ finished: 1 turn, 2.0 s
`,
    );
  });

  test("an error shows its end and what to do", () => {
    const failed: AgentEvent = {
      at,
      type: "tool-result",
      turn: 1,
      callId: "1",
      tool: "t",
      text: "Traceback\n  line\nValueError: no",
      images: [],
      isError: true,
      durationMs: 0,
    };
    expect(format(failed, { resultLines: 1 })).toBe(
      "✗ failed after 0 ms\n  … 2 more lines\n  ValueError: no\n",
    );

    const error = { code: "harness/unknown-tool", message: "No such tool.", hint: "Did you mean `s.a`?" };
    const end: AgentEvent = { at, type: "run-end", reason: "error", turns: 1, usage, durationMs: 0, error };
    expect(format(end)).toBe("\n✗ error: 1 turn, 0 ms\n  No such tool.\n  Did you mean `s.a`?\n");
  });

  test("cannot be made to move the cursor by what a tool prints", () => {
    const text = "\u001b[2J\u001b[31mred\u0007\rover";
    expect(formatEvent({ at, type: "text", turn: 1, text })).toBe("\nredover\n");
  });

  test("long lines of an answer are cut, visibly", () => {
    const event: AgentEvent = {
      at,
      type: "tool-call",
      turn: 1,
      callId: "1",
      tool: "t",
      arguments: { x: "y".repeat(99) },
    };
    for (const line of format(event, { width: 40 }).split("\n")) expect(line.length).toBeLessThanOrEqual(40);
  });
});
