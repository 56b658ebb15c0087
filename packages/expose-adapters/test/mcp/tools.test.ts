import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import type { Progress } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMcpServer } from "../../src/mcp/index.ts";
import { type Served, serve } from "../served.ts";
import { connect, type TestClient, textOf } from "./mcp-client.ts";

let served: Served;
let mcp: TestClient;

beforeAll(async () => {
  served = await serve();
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await createMcpServer(served.client, "tools").connect(ours);
  mcp = await connect(theirs);
});

afterAll(async () => {
  await mcp?.[Symbol.asyncDispose]();
  await served?.[Symbol.asyncDispose]();
});

async function tool(name: string) {
  const { tools } = await mcp.client.listTools();
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

describe("the tools", () => {
  test("are exactly the exposed functions", async () => {
    const { tools } = await mcp.client.listTools();
    const names = served.served.description.functions.map(({ name }) => name.replaceAll(/[öß]/g, "_"));
    expect(tools.map(({ name }) => name)).toEqual(names);
    await expect(mcp.call("_private")).rejects.toThrow(/no tool _private/);
    await expect(mcp.call("get_embeddings")).rejects.toThrow(/did you mean get_embedding\?/);
  });

  test("describe their parameters", async () => {
    const { description, inputSchema } = await tool("get_embedding");
    expect(description).toContain("Get a text's embedding.");
    expect(description).toContain("Raises:\n    IndexError: If there is no such layer.");
    expect(inputSchema).toEqual({
      type: "object",
      properties: {
        text: { type: "string", description: "Text to embed." },
        layer: { type: "integer", description: "Layer to read, from the end when negative.\nDefault: -1" },
        normalize: { type: "boolean", description: "Whether to scale it to length 1.\nDefault: False" },
      },
      required: ["text"],
      additionalProperties: false,
    });
  });

  test("take *args as a list and **kwargs as further properties", async () => {
    const { inputSchema } = await tool("positional");
    expect(inputSchema.properties).toMatchObject({ rest: { type: "array", items: { type: "integer" } } });
    expect(inputSchema).toMatchObject({ additionalProperties: { type: "string" }, required: ["a"] });
    expect(inputSchema.properties).not.toHaveProperty("labels");
    const { structuredContent } = await mcp.call("positional", { a: 1, rest: [2, 3], color: "red" });
    expect(structuredContent).toEqual({ a: 1, b: 0.5, rest: [2, 3], scale: 1, labels: { color: "red" } });
  });

  test("write types out where they are used, each as its direction has it", async () => {
    const { inputSchema, outputSchema } = await tool("train");
    const child = { type: "object", description: "A ProbeInput, as above." };
    expect(inputSchema).toMatchObject({
      properties: {
        probe: {
          title: "ProbeInput",
          required: ["layer", "direction"],
          properties: { children: { type: "array", items: child } },
        },
        history: { items: { title: "SpanInput", required: ["start"] } },
      },
    });
    expect(outputSchema).toMatchObject({
      type: "object",
      required: ["layer", "direction", "label", "children"],
    });
  });
});

describe("a result", () => {
  test("that is an object is the structured content", async () => {
    const result = await mcp.call("get_model_info");
    expect(result.structuredContent).toEqual({ num_layers: 26, hidden_size: 2304, name: "tiny" });
    expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
  });

  test("that is none is under `result`", async () => {
    expect((await tool("choose")).outputSchema).toMatchObject({ required: ["result"] });
    const result = await mcp.call("choose", { mode: "exact" });
    expect(result.structuredContent).toEqual({ result: "exact MEAN None" });
    expect(textOf(result)).toBe("exact MEAN None");
    expect((await mcp.call("items", { count: 2 })).structuredContent).toEqual({
      result: [
        [0, "0"],
        [1, "1"],
      ],
    });
  });

  test("of Python's own types is spelled out", async () => {
    const { structuredContent } = await mcp.call("typed");
    const { result } = structuredContent as { result: unknown[] };
    expect(result.slice(3)).toEqual(["2024-02-29T12:30:00.250000", "P1DT1.5S", { 1: "one", 2: "two" }]);
  });

  test("keeps the numbers that JSON or JavaScript has not", async () => {
    const { structuredContent } = await mcp.call("numbers");
    expect(structuredContent).toMatchObject({ result: ["Infinity", "NaN", 2 ** 60, 0.1, -0] });
  });

  test("shows arrays by a preview", async () => {
    const { structuredContent } = await mcp.call("layers", { count: 1 });
    expect(structuredContent).toEqual({
      result: {
        layer_0: {
          dtype: "float32",
          shape: [4, 25],
          min: 0,
          max: 99,
          mean: 49.5,
          first: [0, 1, 2, 3, 4, 5, 6, 7],
        },
      },
    });
    const small = await mcp.call("activations", { tokens: [[1, 2]], scale: 0.5 });
    expect(small.structuredContent).toMatchObject({ result: { shape: [1, 2], values: [[0.5, 1]] } });
  });

  test("can be a reference, for a later call", async () => {
    const { structuredContent } = await mcp.call("cached", { size: 5 });
    const { result: kept } = structuredContent as { result: unknown };
    expect(kept).toMatchObject({ $seer: "ref", type: expect.stringContaining("ndarray") });
    expect((await mcp.call("total", { kept })).structuredContent).toEqual({ result: 5 });
  });

  test("that is too long to read is cut, and says so", async () => {
    const list = await mcp.call("long_list", { count: 100_000 });
    const { result } = list.structuredContent as { result: number[] };
    expect(result).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(textOf(list)).toContain("Shortened to result: 1000 of 100000 items.");
    expect(list.structuredContent).toMatchObject({ $shortened: ["result: 1000 of 100000 items"] });
    const text = await mcp.call("long_text", { length: 100_000 });
    expect(textOf(text)).toMatch(/^x{20000}…\n---\nShortened to result: 20000 of 100000 characters\.$/);
  });

  test("brings what was printed", async () => {
    const result = await mcp.call("get_embedding", { text: "hi" });
    expect(textOf(result)).toContain("Printed:\nembedding 'hi'");
  });
});

describe("an error", () => {
  test("is a result with the remote traceback", async () => {
    const result = await mcp.call("fail", { kind: "value" });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^ValueError: layer 40 of 26\n\nTraceback/);
    expect(textOf(result)).toContain('raise ValueError("layer 40 of 26")');
  });

  test("names a wrong argument", async () => {
    const result = await mcp.call("get_embedding", { text: "hi", layer: "x" });
    expect(result).toMatchObject({ isError: true });
    expect(textOf(result)).toContain("layer: expected a whole number, got 'x'");
  });

  test("tells of a return annotation that is not true, and shows the value", async () => {
    const result = await mcp.call("lies");
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^lies returned a value that does not match its return annotation/);
    expect(textOf(result)).toContain('{"not":"a list"}');
  });
});

describe("a long call", () => {
  test("reports progress, always more than before", async () => {
    const reports: Progress[] = [];
    const params = { name: "slow", arguments: { seconds: 0.6 } };
    await mcp.client.callTool(params, undefined, { onprogress: (report) => reports.push(report) });
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.at(-1)).toMatchObject({ total: 0.6, message: "ticking" });
    const values = reports.map(({ progress }) => progress);
    expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
  });

  test("is cancelled in the sandbox too", async () => {
    const params = { name: "slow", arguments: { seconds: 60 } };
    const call = mcp.client.callTool(params, undefined, { signal: AbortSignal.timeout(300) });
    await expect(call).rejects.toThrow(/timeout|abort/i);
    await expect.poll(async () => (await served.client.health()).state).toBe("idle");
  });
});
