import { writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { ScriptTurnInput } from "../src/index.ts";
import { FixtureLog, stdioServer } from "./helpers/fixture-servers.ts";
import { ofType, record } from "./helpers/run.ts";

const play = (script: string | readonly ScriptTurnInput[], mcpConfig = {}) =>
  record({ prompt: "Go.", provider: "script", script, mcpConfig });

describe("a script's file", () => {
  test("is played like an array", async () => {
    await using log = await FixtureLog.create();
    await writeFile(log.file, JSON.stringify([{ text: "From a file." }]));

    const { events } = await play(log.file);
    expect(ofType(events, "text")[0]?.text).toBe("From a file.");
  });

  test("that is missing, or not JSON, is named", async () => {
    await using log = await FixtureLog.create();
    expect((await play(log.file)).error).toMatchObject({
      code: "harness/script-unreadable",
      message: expect.stringContaining(`The script ${log.file} cannot be read: ENOENT`),
    });

    await writeFile(log.file, "[{]");
    expect((await play(log.file)).error).toMatchObject({
      code: "harness/script-unreadable",
      message: expect.stringContaining("is not JSON"),
    });
  });
});

describe("a script that is wrong", () => {
  test.each<[string, unknown, string]>([
    ["no turns", [], "expected at least one turn"],
    ["an empty turn", [{}], "[0]: is empty: give it `text` or `toolCalls`"],
    ["a misspelt key", [{ toolcalls: [] }], "[0]: unknown key `toolcalls`; did you mean `toolCalls`?"],
    [
      "a bare tool",
      [{ toolCalls: [{ tool: "echo" }] }],
      '[0].toolCalls[0].tool: expected `server.tool` or `mcp__server__tool` (got "echo")',
    ],
    [
      "text in the middle",
      [{ text: "Hi." }, { text: "Bye." }],
      "[0]: has no `toolCalls`, which ends the run",
    ],
    ["an idle expectation", [{ text: "Hi.", expect: {} }], "[0].expect: needs `toolCalls`"],
  ])("%s", async (_, script, message) => {
    const { error } = await play(script as ScriptTurnInput[]);

    expect(error).toMatchObject({ code: "config/invalid", message: expect.stringContaining(message) });
  });

  test("nothing to play", async () => {
    const { error } = await record({ prompt: "Go.", provider: "script" });

    expect(error).toMatchObject({
      code: "harness/provider-unavailable",
      hint: expect.stringContaining("`script`"),
    });
  });

  test.each([
    ["fixture.ecko", "Did you mean `fixture.echo`?"],
    ["mcp__fixture__pit", "Did you mean `mcp__fixture__pid`?"],
    ["elsewhere.unlike", "Available tools: fixture.echo, "],
  ])("the unknown tool %s is found before anything runs", async (tool, hint) => {
    await using log = await FixtureLog.create();
    const script = [
      { toolCalls: [{ tool: "fixture.echo", arguments: { text: "ran" } }] },
      { toolCalls: [{ tool }] },
    ];
    const { events, error } = await play(script, { fixture: stdioServer({ LOG: log.file }) });

    expect(error).toMatchObject({ code: "harness/unknown-tool", hint: expect.stringContaining(hint) });
    expect(events.at(-1)).toMatchObject({ reason: "error", error: { hint: expect.stringContaining(hint) } });
    expect(await log.read()).toBe("");
  });
});

describe("an expectation", () => {
  const fixture = { fixture: stdioServer() };
  const say = (text: string) => ({ tool: "fixture.echo", arguments: { text } });

  test.each<[string, ScriptTurnInput, string | undefined]>([
    ["one text", { toolCalls: [say("0.98")], expect: { contains: "0.98" } }, undefined],
    [
      "texts of several results",
      { toolCalls: [say("a"), say("b")], expect: { contains: ["a", "b"] } },
      undefined,
    ],
    ["a missing text", { toolCalls: [say("a")], expect: { contains: "b" } }, 'expected "b" in a result'],
    [
      "an error nobody expected",
      { toolCalls: [{ tool: "fixture.fail" }], expect: {} },
      "expected no call to fail",
    ],
    [
      "an expected error that did not come",
      { toolCalls: [say("fine")], expect: { isError: true } },
      "expected a call to fail, but none did",
    ],
  ])("%s", async (_, turn, message) => {
    const { error } = await play([turn], fixture);

    if (message === undefined) expect(error).toBeUndefined();
    else
      expect(error).toMatchObject({
        code: "harness/script-expectation",
        message: expect.stringContaining(message),
      });
  });
});
