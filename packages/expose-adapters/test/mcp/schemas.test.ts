import type { InterfaceDescription, JsonSchema } from "@seer/rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readInterface } from "../../src/interface/read-interface.ts";
import { serverName, toolNames } from "../../src/mcp/tool-names.ts";
import { toolsOf } from "../../src/mcp/tools.ts";
import { type Served, serve } from "../served.ts";

const fixtures = ["tools", "types", "interface", "pictures"] as const;
const served = new Map<string, Served>();

beforeAll(async () => {
  for (const name of fixtures) served.set(name, await serve(`fixtures/${name}.py`, name));
});

afterAll(async () => {
  for (const one of served.values()) await one[Symbol.asyncDispose]();
});

/** What VS Code, Cursor, OpenAI, Gemini, Anthropic or Claude Code refuse, or read otherwise than was meant. */
function problemsOf(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [`${path}: not an object`];
  const { type, items, properties, additionalProperties, anyOf, ...rest } = schema as JsonSchema;
  const problems: string[] = [];
  for (const keyword of ["$ref", "$defs", "prefixItems", "oneOf", "allOf", "const", "not", "default"]) {
    if (keyword in rest) problems.push(`${path}: ${keyword}`);
  }
  if (Array.isArray(type)) problems.push(`${path}: several types`);
  if (type === "array" && items === undefined) problems.push(`${path}: no items`);
  if (type === "object" && properties === undefined) problems.push(`${path}: no properties`);
  if ("enum" in rest && type === undefined) problems.push(`${path}: an enum without a type`);
  if ("pattern" in rest && typeof rest.pattern !== "string")
    problems.push(`${path}: a pattern that is no text`);
  for (const keyword of ["minimum", "maximum", "multipleOf"]) {
    if (keyword in rest && rest[keyword] === null) problems.push(`${path}: ${keyword} that is no number`);
  }
  for (const [name, part] of Object.entries((properties ?? {}) as Record<string, unknown>)) {
    problems.push(...problemsOf(part, `${path}.${name}`));
  }
  if (items !== undefined) problems.push(...problemsOf(items, `${path}[]`));
  if (typeof additionalProperties === "object")
    problems.push(...problemsOf(additionalProperties, `${path}.*`));
  for (const option of (anyOf ?? []) as unknown[]) problems.push(...problemsOf(option, `${path}|`));
  return problems;
}

/** The names of all properties, which providers check. */
function propertiesOf(schema: JsonSchema): string[] {
  const names: string[] = [];
  JSON.stringify(schema, (key, value) => {
    if (key === "properties" && typeof value === "object") names.push(...Object.keys(value));
    return value;
  });
  return names;
}

/** The tools as a client gets them. */
function toolsIn(name: string, description?: InterfaceDescription) {
  const tools = [...toolsOf(readInterface(name, description ?? described(name))).values()];
  return JSON.parse(JSON.stringify(tools.map(({ tool }) => tool))) as (typeof tools)[number]["tool"][];
}

function described(name: string): InterfaceDescription {
  const one = served.get(name);
  if (one === undefined) throw new Error(name);
  return one.served.description;
}

describe.each(fixtures)("%s.py", (fixture) => {
  test("every schema is one that all clients take", () => {
    for (const { name, inputSchema, outputSchema } of toolsIn(fixture)) {
      expect(problemsOf(inputSchema, name)).toEqual([]);
      expect(problemsOf(outputSchema, `${name} result`)).toEqual([]);
      for (const schema of [inputSchema, outputSchema]) expect(schema?.type).toBe("object");
      expect(inputSchema).not.toHaveProperty("anyOf");
    }
  });

  test("every name is one that all providers take", () => {
    for (const { name, title, description, inputSchema } of toolsIn(fixture)) {
      expect(`mcp__${fixture}__${name}`).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      expect(name).toMatch(/^[A-Za-z_]/);
      expect(description).not.toBe("");
      if (title !== undefined) expect(description).toContain(title);
      for (const property of propertiesOf(inputSchema as JsonSchema)) {
        expect(property).toMatch(/^[a-zA-Z0-9_.-]{1,64}$/);
      }
    }
  });
});

const empty = { doc: "", protocol: 1, name: "x" };
const fn = (name: string, more: object = {}) => ({
  name,
  description: "",
  parameters: [],
  returns: { annotation: "", schema: {}, description: "" },
  async: false,
  stream: false,
  concurrency: 1,
  ...more,
});

describe("names", () => {
  const long = "get_top_activating_examples_for_sparse_autoencoder_feature";

  test.each([
    ["two that begin alike", [`${long}_a`, `${long}_b`]],
    ["two that differ in the middle", [`${long}_x_${long}`, `${long}_y_${long}`]],
    ["two that are spelled alike", ["größe", "grüße", "gr__e"]],
    ["names without a plain letter", ["測定", "計算", "λ"]],
    ["names with dots and spaces", ["a.b", "a b", "a_b", "a-b"]],
    ["names that begin with a digit", ["3d", "_3d"]],
    ["a name of 1,000 characters", ["x".repeat(1000), "x".repeat(1001)]],
  ])("%s are told apart", (_, names) => {
    for (const server of ["s", "model_tools", "a_server_with_twenty_five", "s".repeat(100), "größe"]) {
      const spelled = names.map(toolNames(server, names));
      expect(new Set(spelled).size).toBe(names.length);
      for (const name of spelled) {
        expect(`mcp__${serverName(server)}__${name}`).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }
    }
  });

  test("a long name is shortened alike, whatever else is exposed", () => {
    const names = [`${long}_a`, `${long}_b`];
    expect(names.map(toolNames("s", ["other", ...names.toReversed()]))).toEqual(
      names.map(toolNames("s", names)),
    );
  });

  test("a short name stays as it is, also beside one that would be spelled like it", () => {
    const [first, second] = ["größe", "gr__e"].map(toolNames("s", ["größe", "gr__e"]));
    expect(second).toBe("gr__e");
    expect(first).toMatch(/^g.*_[0-9a-f]{4}_.*e$/);
  });

  test("long names stay readable at both ends", () => {
    expect(toolNames("model_tools", [long])(long)).toMatch(/^get_top_activating_[0-9a-f]{4}_feature$/);
  });
});

test("types within types do not make a schema grow without end", () => {
  const $defs = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `T${i}`,
      {
        title: `T${i}`,
        properties: { a: { $ref: `#/$defs/T${i + 1}` }, b: { $ref: `#/$defs/T${(i + 2) % 40}` } },
      },
    ]),
  );
  const schema = { $ref: "#/$defs/T0", $defs };
  const parameter = {
    name: "x",
    kind: "keyword_only",
    annotation: "",
    schema,
    required: true,
    description: "",
  };
  const functions = [
    fn("f", { parameters: [parameter], returns: { annotation: "", schema, description: "" } }),
  ];
  const [tool] = toolsIn("s", { ...empty, functions } as unknown as InterfaceDescription);
  expect(JSON.stringify(tool).length).toBeLessThan(200_000);
  expect(problemsOf(tool?.inputSchema, "f")).toEqual([]);
});
