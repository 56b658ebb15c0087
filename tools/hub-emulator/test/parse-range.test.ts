import { expect, it } from "vitest";
import { parseRange } from "../src/http/parse-range.ts";

it.each([
  [undefined, undefined],
  ["items=0-1", undefined],
  ["bytes=-", undefined],
  ["bytes=0-", { start: 0, end: 9 }],
  ["bytes=4-6", { start: 4, end: 6 }],
  ["bytes=4-99", { start: 4, end: 9 }],
  ["bytes=-3", { start: 7, end: 9 }],
  ["bytes=10-", "unsatisfiable"],
])("reads %s of ten bytes", (header, expected) => {
  expect(parseRange(header, 10)).toEqual(expected);
});
