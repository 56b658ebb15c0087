import { expect, test } from "vitest";
import { nearest } from "../src/index.ts";

test.each([
  ["get_embeding", "get_embedding"],
  ["GET-EMBEDDING", "get_embedding"],
  ["exec", "exec"],
  ["exce", "exec"],
  ["completely different", undefined],
])("%s means %s", (word, meant) => {
  expect(nearest(word, ["get_embedding", "exec"])).toBe(meant);
});

test("there is no nearest of nothing", () => {
  expect(nearest("x", [])).toBeUndefined();
});
