import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMcpServer } from "../../src/mcp/index.ts";
import { type Served, serve } from "../served.ts";
import { connect, type TestClient, textOf } from "./mcp-client.ts";

let served: Served;
let mcp: TestClient;

beforeAll(async () => {
  served = await serve("fixtures/tools.py", "tools");
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createMcpServer(served.client, "tools").connect(ours);
  mcp = await connect(theirs);
});

afterAll(async () => {
  await mcp?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

async function resultOf(name: string, args: Record<string, unknown>): Promise<unknown> {
  const result = await mcp.call(name, args);
  return result.isError ? textOf(result) : (result.structuredContent as { result: unknown }).result;
}

describe("JSON text is read where no text is allowed", () => {
  test.each<[string, Record<string, unknown>, string, unknown]>([
    ["an int", { count: "3" }, "0", "3"],
    ["a negative int", { count: " -3 " }, "0", "-3"],
    ["a long int", { count: "18014398509481985" }, "0", "18014398509481985"],
    ["a whole float for an int", { count: "3.0" }, "0", "3"],
    ["a number that is a whole float", { count: 3.0 }, "0", "3"],
    ["a float", { count: 1, rate: "0.25" }, "1", "0.25"],
    ["an int for a float", { count: 1, rate: "2" }, "1", "2.0"],
    ["an exponent", { count: 1, rate: "1e-5" }, "1", "1e-05"],
    ["NaN", { count: 1, rate: "NaN" }, "1", "nan"],
    ["an infinity", { count: 1, rate: "-Infinity" }, "1", "-inf"],
    ["true", { count: 1, flag: "true" }, "2", "True"],
    ["Python's True", { count: 1, flag: "True" }, "2", "True"],
    ["null", { count: 1, limit: "null" }, "3", "None"],
    ["Python's None", { count: 1, limit: "None" }, "3", "None"],
    ["an int where there may be none", { count: 1, limit: "7" }, "3", "7"],
    ["one of several ints", { count: 1, choice: "2" }, "5", "2"],
    ["an int beside a text that is a constant", { count: 1, mixed: "2" }, "6", "2"],
    ["a constant text beside an int", { count: 1, mixed: "all" }, "6", "'all'"],
    ["a constant text in quotes", { count: 1, mixed: '"all"' }, "6", "'all'"],
  ])("%s", async (_, args, index, expected) => {
    expect((await resultOf("numbers", args)) as unknown[]).toHaveProperty(index, expected);
  });

  test.each<[string, Record<string, unknown>, string, unknown]>([
    ["a list", { values: "[1, 2]" }, "0", "[1, 2]"],
    ["a list of texts that are numbers", { values: '["1", "2"]' }, "0", "[1, 2]"],
    ["a list with numbers as text", { values: ["1", 2] }, "0", "[1, 2]"],
    ["a dict", { values: [], weights: '{"a": 0.5}' }, "1", "{'a': 0.5}"],
    ["a dict with numbers as text", { values: [], weights: { a: "0.5" } }, "1", "{'a': 0.5}"],
    [
      "a dataclass",
      { values: [], patch: '{"layer": 3, "direction": []}' },
      "2",
      "Patch(layer=3, direction=[], heads=[], scale=1.0, label='x', größe=False)",
    ],
    [
      "a dataclass with fields as text",
      { values: [], patch: { layer: "3", direction: "[]", heads: "[4]", scale: "0.5", label: "5" } },
      "2",
      "Patch(layer=3, direction=[], heads=[4], scale=0.5, label='5', größe=False)",
    ],
    [
      "a field with a name that clients do not take",
      { values: [], patch: { layer: 3, direction: [], gr__e: "true" } },
      "2",
      "Patch(layer=3, direction=[], heads=[], scale=1.0, label='x', größe=True)",
    ],
    ["a tuple", { values: [], pair: '[2, "3"]' }, "3", "(2, '3')"],
    ["a tuple with a number as text", { values: [], pair: ["2", "3"] }, "3", "(2, '3')"],
    ["a list of texts", { values: [], texts: '["1", "null"]' }, "4", "['1', 'null']"],
    ["null for a list", { values: [], texts: "null" }, "4", "None"],
    ["an array", { values: [], array: "[[1, 2], [3, 4]]" }, "5", "[[1, 2], [3, 4]]"],
    ["an array with numbers as text", { values: [], array: [["1"], ["2.5"]] }, "5", "[[1.0], [2.5]]"],
    ["one of two kinds of list", { values: [], either: '["1"]' }, "6", "['1']"],
    ["a dict of lists", { values: [], table: '{"1": ["true", false]}' }, "7", "{1: [True, False]}"],
  ])("%s", async (_, args, index, expected) => {
    expect((await resultOf("containers", args)) as unknown[]).toHaveProperty(index, expected);
  });

  test("*args, **kwargs and references", async () => {
    const { result: ref } = (await mcp.call("kept")).structuredContent as { result: { id: string } };
    for (const given of [ref, { id: ref.id }, JSON.stringify(ref), ref.id]) {
      expect(await resultOf("total", { ref: given })).toBe(6);
    }
    expect(await resultOf("überprüfe".replaceAll("ü", "_"), { gr__e: "1", x: "2" })).toEqual([
      1,
      "a",
      { x: 2 },
    ]);
  });

  test.each([{ more: { x: "2" } }, { more: '{"x": 2}' }, { more: { x: 2 } }])(
    "**kwargs together under their name: %j",
    async (args) => {
      expect(await resultOf("_berpr_fe", { gr__e: "1", ...args })).toEqual([1, "a", { x: 2 }]);
    },
  );
});

describe("a text stays a text", () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    ["for a str", { a: "3", b: "" }, ["'3'", "''", "None", "'1'", "b''"]],
    ["for a list in a str", { a: "[1]", b: "" }, ["'[1]'", "''", "None", "'1'", "b''"]],
    ["for anything", { a: "", b: '{"a": 1}' }, ["''", `'{"a": 1}'`, "None", "'1'", "b''"]],
    ["for anything in a list", { a: "", b: ["1"] }, ["''", "['1']", "None", "'1'", "b''"]],
    ["for an optional str", { a: "", b: "", c: "null" }, ["''", "''", "'null'", "'1'", "b''"]],
    ["for a literal that is one", { a: "", b: "", d: "1" }, ["''", "''", "None", "'1'", "b''"]],
    ["for bytes", { a: "", b: "", e: "1234" }, ["''", "''", "None", "'1'", "b'\\xd7m\\xf8'"]],
  ])("%s", async (_, args, expected) => {
    expect(await resultOf("texts", args)).toEqual(expected);
  });

  test("for a union with a str", async () => {
    expect(await resultOf("numbers", { count: 1, text: "5" })).toHaveProperty("4", "'5'");
  });

  test("and is named as it was given where it says something else than what is wanted", async () => {
    expect(await resultOf("numbers", { count: "three" })).toContain(
      "count: expected a whole number, got 'three'",
    );
    expect(await resultOf("numbers", { count: "3.5" })).toContain("got '3.5'");
    expect(await resultOf("numbers", { count: 1, flag: "1" })).toContain("got '1'");
    expect(await resultOf("containers", { values: '{"a": 1}' })).toContain(`got '{"a": 1}'`);
    expect(await resultOf("containers", { values: ["x"] })).toContain("got 'x'");
  });
});

test("every tool can be called by the name that is listed", async () => {
  const { tools } = await mcp.client.listTools();
  const called = async (title: string) => {
    const tool = tools.find((one) => (one.title ?? one.name) === title);
    return await resultOf(tool?.name ?? "", { x: 3 });
  };
  const long = "get_top_activating_examples_for_sparse_autoencoder_feature_by";
  expect(await called(`${long}_layer`)).toBe(3);
  expect(await called(`${long}_token`)).toBe(-3);
  expect(await called("測定")).toBe(3);
  expect(await called("計算")).toBe(-3);
  await expect(mcp.call(`${long}_token`)).rejects.toThrow(/did you mean get_top_\w+_token\?/);
});
