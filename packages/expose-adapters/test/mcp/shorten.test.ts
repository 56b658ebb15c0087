import { expect, test } from "vitest";
import { shorten } from "../../src/mcp/shorten.ts";

test("what an agent can read is left as it is", () => {
  const value = { list: Array.from({ length: 5000 }, (_, i) => i) };
  expect(shorten(value, "result")).toEqual({ value, json: JSON.stringify(value), cuts: [] });
});

test("what is too long is cut until it can be read, wherever it is", () => {
  const value = { rows: Array.from({ length: 500 }, () => ({ text: "x".repeat(1000) })), name: "a" };
  const { json, cuts, value: short } = shorten(value, "result");
  expect(json.length).toBeLessThanOrEqual(40_000);
  expect(short).toMatchObject({ name: "a" });
  expect(cuts).toContain("result.rows: 30 of 500 items");
  expect(JSON.parse(json)).toEqual(short);
});
