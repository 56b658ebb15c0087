import { expect, test } from "vitest";
import { LineSplitter } from "../../src/index.ts";

function split(pieces: Iterable<string>, options?: { maxLength: number }): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), options);
  for (const piece of pieces) splitter.add(piece);
  splitter.end();
  return lines;
}

test("lines may arrive in any pieces", () => {
  expect(split(["one\ntw", "o\r", "\n", "\nthree", "\n", "fo", "ur"])).toEqual([
    "one",
    "two",
    "",
    "three",
    "four",
  ]);
  expect(split([])).toEqual([]);
  expect(split(["\n"])).toEqual([""]);
});

test("long lines are cut, and those after them are whole", () => {
  expect(split(["abc", "def", "ghi\nnext\n", "abcd\n"], { maxLength: 4 })).toEqual(["abcd…", "next", "abcd"]);
});

test("a word of a million characters that arrives one by one takes linear time", () => {
  const word = "a".repeat(1_000_000);
  // Quadratic work on it, 500 billion characters, would exceed the time of the test.
  expect(split(word, { maxLength: 2_000_000 })).toEqual([word]);
});
