import { expect, test } from "vitest";
import { mcpConfigSchema, parseConfig } from "../src/index.ts";

const parse = (input: object) => parseConfig("mcpConfig", mcpConfigSchema, input);

test("a server is a command or a URL", () => {
  const config = parse({
    model_tools: { type: "stdio", command: "node" },
    "local-session": { type: "http", url: "http://127.0.0.1:4000/mcp" },
  });
  expect(config).toEqual({
    model_tools: { type: "stdio", command: "node", args: [], env: {} },
    "local-session": { type: "http", url: "http://127.0.0.1:4000/mcp", headers: {} },
  });
});

test.each<[object, RegExp]>([
  [{ "my tools": { type: "stdio", command: "node" } }, /my tools: expected a server name of letters, digits/],
  [{ a: { type: "sse", url: "http://x" } }, /a\.type: /],
  [{ a: { type: "stdio", command: "" } }, /a\.command: /],
  [{ a: { type: "stdio" } }, /a\.command: /],
  [{ a: { type: "http", url: "not a url" } }, /a\.url: .*\(got "not a url"\)/],
  [{ a: { type: "http", url: "http://x", args: [] } }, /a: unknown key `args`/],
])("%j is an error", (input, message) => {
  expect(() => parse(input)).toThrow(message);
});
