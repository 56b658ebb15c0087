import { expect, test } from "vitest";
import { shorten } from "../src/index.ts";

const note = (leftOut: number) => `[${leftOut} left out]`;

test("a text that fits stays as it is", () => {
  expect(shorten("abc", 3, note)).toBe("abc");
});

test("lines stay whole, and what is left out is counted", () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `row ${i}`);
  const short = shorten(lines.join("\n"), 1000, note);
  const [head = "", tail = ""] = short.split(/\n\[\d+ left out\]\n/);
  expect(head.split("\n")).toEqual(lines.slice(0, head.split("\n").length));
  expect(tail.split("\n")).toEqual(lines.slice(-tail.split("\n").length));
  const leftOut = Number(/\[(\d+) left out\]/.exec(short)?.[1]);
  expect(head.length + leftOut + tail.length).toBe(lines.join("\n").length);
  expect(short.length).toBeLessThanOrEqual(1000 + 30);
});

test("one long line is cut where it must be, but not inside a character", () => {
  const short = shorten("😀".repeat(1000), 101, note);
  expect(short).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/);
  expect(short).toMatch(/^(😀)+\n\[\d+ left out\]\n(😀)+$/u);
});

test("without a note, one character stands for what is left out", () => {
  expect(shorten("abcdefghij", 7)).toBe("abcd…ij");
  expect(shorten("abcdefg", 7)).toBe("abcdefg");
});
