import { join, normalize } from "node:path";
import { SeerError } from "@seer/config";
import type { InterfaceDescription, ServedInterface } from "@seer/rpc";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { readInterface } from "../src/interface/read-interface.ts";
import { toLibrary } from "../src/library/index.ts";
import { toMcpConfig } from "../src/mcp/index.ts";
import { toolsOf } from "../src/mcp/tools.ts";
import { toPrompt } from "../src/prompt/index.ts";
import { toSkill } from "../src/skill/index.ts";
import { toTypeScript } from "../src/typescript/index.ts";
import { python, run } from "./run.ts";
import { scratch } from "./scratch.ts";

type Json = Record<string, unknown>;

const parameter = (more: Json = {}): Json => ({
  name: "x",
  kind: "positional_or_keyword",
  annotation: "",
  schema: {},
  required: true,
  description: "",
  ...more,
});
const fn = (more: Json = {}): Json => ({
  name: "f",
  description: "",
  parameters: [],
  returns: { annotation: "", schema: {}, description: "" },
  async: false,
  stream: false,
  concurrency: 1,
  ...more,
});
const served = (functions: Json[], more: Json = {}): ServedInterface => {
  const description = { protocol: 1, name: "forged", doc: "", functions, ...more };
  const { name = "forged" } = more as { name?: string };
  return {
    name,
    url: "http://127.0.0.1:1",
    token: "t",
    description: description as unknown as InterfaceDescription,
  };
};

/** Makes everything of an interface; gives the files, and the errors, none of which may be a surprise. */
async function makeAll(one: ServedInterface): Promise<{ files: Record<string, unknown>; errors: unknown[] }> {
  const files: Record<string, unknown> = {};
  const errors: unknown[] = [];
  const makers = [
    () => Object.assign(files, toLibrary(one).importableFiles),
    async () => Object.assign(files, await toTypeScript(one)),
    () => Object.assign(files, toSkill(one).files),
    () => toPrompt(one),
    () => toMcpConfig(one),
    () =>
      JSON.stringify([...toolsOf(readInterface(one.name, one.description)).values()].map(({ tool }) => tool)),
  ];
  for (const make of makers) {
    try {
      await make();
    } catch (error) {
      errors.push(error);
    }
  }
  return { files, errors };
}

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown =>
  Array.from({ length: depth }).reduce((inner) => wrap(inner), { type: "integer" });

describe("a description that no file has is refused", () => {
  test.each<[string, ServedInterface]>([
    ["a path for a name", served([fn()], { name: "../../evil" })],
    ["an absolute path for a name", served([fn()], { name: "/etc/evil" })],
    ["the parent directory for a name", served([fn()], { name: ".." })],
    ["a Windows path for a name", served([fn()], { name: "..\\evil" })],
    ["a function that is a path", served([fn({ name: "../evil" })])],
    ["a function that is code", served([fn({ name: "f():\n    import os\ndef g" })])],
    ["a function that is a keyword", served([fn({ name: "class" })])],
    ["a function that is one of Python's own", served([fn({ name: "__init__" })])],
    ["a function without a name", served([fn({ name: "" })])],
    ["two functions of one name", served([fn(), fn()])],
    ["two functions that Python takes for one", served([fn({ name: "fi" }), fn({ name: "ﬁ" })])],
    ["a parameter that is code", served([fn({ parameters: [parameter({ name: "x=__import__('os')" })] })])],
    ["a parameter that is a keyword", served([fn({ parameters: [parameter({ name: "class" })] })])],
    ["two parameters of one name", served([fn({ parameters: [parameter(), parameter()] })])],
    [
      "two *args",
      served([fn({ parameters: ["a", "b"].map((name) => parameter({ name, kind: "var_positional" })) })]),
    ],
    [
      "parameters out of order",
      served([fn({ parameters: [parameter({ kind: "var_keyword" }), parameter({ name: "y" })] })]),
    ],
    [
      "a parameter without a default after one with one",
      served([fn({ parameters: [parameter({ required: false }), parameter({ name: "y" })] })]),
    ],
    ["a schema that is a text", served([fn({ returns: { annotation: "", schema: "x", description: "" } })])],
    ["fields that are a number", served([fn({ parameters: [parameter({ schema: { properties: 3 } })] })])],
    [
      "required fields that are a number",
      served([fn({ parameters: [parameter({ schema: { required: 3 } })] })]),
    ],
    ["choices that are objects", served([fn({ parameters: [parameter({ schema: { enum: [{}] } })] })])],
    ["a documentation that is no text", served([fn({ description: 3 })])],
    ["functions that are none", served([null as unknown as Json])],
    [
      "too deep a schema",
      served([
        fn({ parameters: [parameter({ schema: nested(20_000, (items) => ({ type: "array", items })) })] }),
      ]),
    ],
  ])("%s", async (_, one) => {
    const { errors } = await makeAll(one);
    expect(errors.length).toBeGreaterThanOrEqual(5);
    for (const error of errors) {
      expect(SeerError.isInstance(error), String(error)).toBe(true);
      expect(String(error)).not.toMatch(/undefined|\[object/);
    }
  });
});

/** Fills a description with texts that would end a string, a comment, a line or a name anywhere. */
function forge(random: () => number): ServedInterface {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const some = <T>(count: number, make: () => T): T[] =>
    Array.from({ length: Math.floor(random() * count) }, make);
  const nasty = [
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    '\\\\"""',
    "*/",
    "*\r/",
    "/*",
    "`",
    "$" + "{x}",
    "```",
    "\n",
    "\r",
    "\r\n",
    "\u2028",
    "\0",
    "\x85",
    "\ud800",
    "\udc00",
    "\u202e",
    "\ufeff",
    "#",
    "//",
    "<!--",
    "</script>",
    "%s",
    "{}",
    "{{",
    "\\N{DASH}",
    "\\u0041",
    "\t",
    "import os",
    "../..",
    "/etc",
    "é",
    "日本",
    "𝒳",
    "a",
    " ",
    ";",
    ")",
    "]:",
    "True",
    "1",
  ];
  const text = () => some(6, () => pick(nasty)).join("");
  const identifier = () =>
    pick([
      "a",
      "list",
      "str",
      "Any",
      "self",
      "_call",
      "print",
      "class_",
      "match",
      "type",
      "ä",
      "ℌ",
      "delete",
      "new",
      "default",
      "enum",
      "then",
      "await_",
      "arguments",
      "undefined",
      "string",
      "Promise",
      "Map",
      "RpcClient",
      "close",
      "connect",
      "Caller",
      "RemoteError",
      "annotations",
      "__all__",
      "__init__",
      "_client",
      "TypedDict",
      "x",
      "y",
      "z",
    ]);
  const distinct = (count: number) => [...new Set(some(count, identifier))];
  const title = () => pick([identifier(), text(), `${identifier()}[int]`, "object", "T"]);
  const scalar = () => pick([text(), 1, -1, 0.5, 1e300, 2 ** 60, true, null, ""]);
  const schema = (depth: number): Json => {
    if (depth > 3) return {};
    const inner = () => schema(depth + 1);
    return pick<() => Json>([
      () => ({}),
      () => ({ type: pick(["string", "integer", "number", "boolean", "null", "array", "object", text()]) }),
      () => ({
        "x-python": pick([
          "ndarray",
          "bytes",
          "path",
          "datetime",
          "timedelta",
          "complex",
          "ref",
          "any",
          text(),
        ]),
      }),
      () => ({ enum: some(4, scalar) }),
      () => ({ const: scalar() }),
      () => ({ type: "array", items: inner(), "x-python": pick(["set", "tuple", text()]) }),
      () => ({ type: "array", prefixItems: some(3, inner), "x-python": "tuple" }),
      () => ({ type: "object", additionalProperties: inner(), "x-keys": inner() }),
      () => ({ anyOf: some(3, inner) }),
      () => ({ $ref: `#/$defs/${pick(["A", "B", text(), "constructor", "__proto__"])}` }),
      () => ({ type: ["string", "null"], pattern: text() }),
    ])();
  };
  const whole = (): Json => ({
    ...schema(0),
    $defs: Object.fromEntries(
      ["A", "B", text()].map((name) => [
        name,
        {
          title: title(),
          description: text(),
          "x-python": pick(["dataclass", "typeddict", "enum"]),
          ...pick([
            {
              properties: Object.fromEntries(
                some(4, () => [pick([identifier(), text()]), { ...schema(1), description: text() }]),
              ),
              required: some(2, text),
            },
            schema(1),
          ]),
        },
      ]),
    ),
  });
  const kinds = ["positional_only", "positional_or_keyword", "var_positional", "keyword_only", "var_keyword"];
  const functions = distinct(4).map((name) => {
    let hasDefault = false;
    const parameters = distinct(6).map((name, i) => {
      hasDefault ||= random() < 0.5;
      const kind = kinds[Math.min(i, pick([i, i, 4]))] as string;
      return parameter({
        name,
        kind,
        schema: whole(),
        required: !hasDefault,
        description: text(),
        ...(hasDefault
          ? {
              default: scalar(),
              defaultText: pick([text(), "007", "1e5", "-0", "1_0", "9".repeat(5000), "0x1"]),
            }
          : {}),
      });
    });
    const ordered = parameters.toSorted(
      (a, b) => kinds.indexOf(String(a.kind)) - kinds.indexOf(String(b.kind)),
    );
    return fn({
      name,
      description: text(),
      parameters: ordered,
      returns: { annotation: text(), schema: whole(), description: text() },
      stream: random() < 0.3,
    });
  });
  return served(functions, { doc: text() });
}

/** Mulberry32: the same numbers every time. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("whatever the texts in a description, the code made of it can be read and imported", async () => {
  const packages: Record<string, string | Uint8Array> = {};
  let made = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const { files, errors } = await makeAll(forge(randomNumbers(seed)));
    for (const error of errors)
      expect(SeerError.isInstance(error), `seed ${seed}: ${(error as Error).stack}`).toBe(true);
    for (const [path, content] of Object.entries(files)) {
      expect(normalize(join("/root", path)).startsWith("/root/"), path).toBe(true);
      if (path.endsWith(".ts")) expect(syntaxErrors(String(content)), `seed ${seed}\n${content}`).toEqual([]);
      if (!path.startsWith("forged/")) continue;
      made++;
      packages[path.replace("forged", `forged${seed}`)] = content as string;
    }
  }
  // Most of them are descriptions that a file could have.
  expect(made).toBeGreaterThan(500);
  await using folder = await scratch(packages);
  const code = `
import importlib, pathlib, warnings
warnings.simplefilter("error")
for path in sorted(pathlib.Path(".").glob("forged*")):
    try:
        importlib.import_module(path.name)
    except BaseException as error:
        print(path.name, repr(error))
        print((path / "__init__.py").read_text()[:3000])
        break
`;
  const { stdout, stderr } = await run(python, ["-c", code], { cwd: folder.path });
  expect(stdout + stderr).toBe("");
});

function syntaxErrors(source: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
