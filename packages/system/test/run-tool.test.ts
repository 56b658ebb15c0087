import { expect, test } from "vitest";
import { runTool } from "../src/index.ts";

const python = process.env.SEER_PYTHON ?? "python3";

async function run(code: string) {
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  const { output } = await runTool([python, "-c", code], { python, onLine });
  return { output, lines };
}

test("output is split into lines", async () => {
  const { output, lines } = await run("print('one\\r\\n\\ntwo\\u00e9', end='')");
  expect(lines).toEqual(["one", "", "two\u00e9"]);
  expect(output).toBe("one\n\ntwo\u00e9");
});

test("long lines are cut", async () => {
  const { output, lines } = await run("print('a' * (3 << 20) + '\\nend')");
  expect(lines).toEqual([`${"a".repeat(2 ** 20)}…`, "end"]);
  expect(output).toBe(lines.join("\n"));
});

test("only the last lines of long output are kept", async () => {
  const { output, lines } = await run("for i in range(20): print(str(i) + 'a' * 1_000_000)");
  expect(lines.length).toBe(20);
  expect(output.length).toBeLessThanOrEqual(2 ** 24);
  expect(output.split("\n")).toEqual(lines.slice(4));
});
