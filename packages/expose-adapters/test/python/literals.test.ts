import { expect, test } from "vitest";
import { pythonDocstring, pythonJson, pythonString } from "../../src/python/literals.ts";
import { python, run } from "../run.ts";

const texts = [
  'say "hi"',
  'ends with "',
  'ends with ""',
  '"""',
  '""""""""',
  "ends with \\",
  "\\\\",
  "\\N{BULLET} \\x00 \\u1234 \\n",
  "'''",
  "line\nbreak\n\n  indented",
  "carriage\rreturn\r\nboth",
  "\0\x01\x1b[31m\x7f\x85",
  "\u2028\u2029\ufeff\u202e",
  "\ud800 alone \udfff",
  "👩‍🔬 ü 𝒳",
  "{braces} %s $HOME `ticks`",
  "# coding: latin-1",
  'x"""; import os; os._exit(3); """',
];

/** What Python reads in each of these expressions, as JSON. */
async function evaluate(expressions: readonly string[]): Promise<unknown> {
  const source = `import json\nprint(json.dumps([\n${expressions.map((text) => `    ${text},\n`).join("")}]))\n`;
  const { stdout, stderr } = await run(python, ["-W", "error", "-"], { input: source });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

test("Python reads every string as it was", async () => {
  expect(await evaluate(texts.map(pythonString))).toEqual(texts);
});

test("Python reads every docstring as it was, but for what no docstring can hold", async () => {
  const docs = [...texts, '"""  ', '"""\n"" \t\n" '];
  expect(await evaluate(docs.map((text) => `${pythonDocstring(text)}.rstrip("\\n")`))).toEqual(
    docs.map((text) =>
      text
        .toWellFormed()
        .replaceAll(/[ \t]+$/gm, "")
        .replace(/\n+$/, ""),
    ),
  );
});

test("Python reads JSON as it was", async () => {
  const values = [{ a: [1, 2.5, null, true], "b c": {} }, [], "x", 1e300, { 'quote"': "\\" }];
  expect(await evaluate(values.map(pythonJson))).toEqual(values);
});

test("further lines of a docstring stand at its indentation", () => {
  expect(pythonDocstring("One.\n\nTwo.", "    ")).toBe('"""One.\n\n    Two.\n    """');
});
