import { expect, test } from "vitest";
import { lastLines } from "../src/index.ts";

test.each([
  ["", ""],
  ["one", "one"],
  ["\none\r\n\ntwo\n", "one\n\ntwo"],
  ["one\ntwo\nthree", "one\ntwo\nthree"],
  ["one\ntwo\nthree\nfour", "…\ntwo\nthree\nfour"],
])("the last three lines of %j", (text, expected) => {
  expect(lastLines(text, 3)).toBe(expected);
});

test("long lines are shortened", () => {
  const [first = "", second] = lastLines(`${"a".repeat(1_000_000)}\nend`, 3).split("\n");
  expect(first.length).toBe(500);
  expect(second).toBe("end");
});
