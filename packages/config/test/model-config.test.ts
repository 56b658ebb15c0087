import { expect, test } from "vitest";
import { modelConfigSchema, parseConfig } from "../src/index.ts";

const parse = (input: object) => parseConfig("ModelConfig", modelConfigSchema, input);

test("a name is enough", () => {
  expect(parse({ name: "google/gemma-2-9b" })).toEqual({
    name: "google/gemma-2-9b",
    varName: "model",
    hidden: false,
    isPeft: false,
    loadAsPeft: false,
  });
});

test("an adapter has a base", () => {
  const adapter = {
    name: "user/adapter",
    varName: "adapter",
    hidden: true,
    isPeft: true,
    baseModel: "google/gemma-2-9b-it",
    revision: "main",
    loadAsPeft: true,
  };
  expect(parse(adapter)).toEqual(adapter);
});

test.each([
  { name: "google/gemma-2-9b", loadAsPeft: true },
  { name: "./weights", loadAsPeft: true },
  { name: "google/gemma-2-9b", path: "./gemma", loadAsPeft: true, hidden: true },
])("a model without an adapter may be loaded as a PeftModel: %j", (model) => {
  expect(parse(model)).toMatchObject({ ...model, isPeft: false });
});

test.each(["./gemma", "gemma", "/srv/gemma", "~/models/it's gemma"])(
  "the directory %s may stand in for a model of the hub",
  (path) => {
    expect(parse({ name: "google/gemma-2-9b", path })).toMatchObject({ name: "google/gemma-2-9b", path });
    const adapter = { name: "user/adapter", path, isPeft: true, baseModel: "google/gemma-2-9b" };
    expect(parse(adapter)).toMatchObject(adapter);
  },
);

test.each<[object, RegExp]>([
  [{}, /name: /],
  [{ name: "" }, /name: expected a hub id such as `google\/gemma-2-9b`/],
  [{ name: "a'b" }, /name: expected a hub id or a local directory, without quotes/],
  [{ name: "a\nb" }, /name: /],
  [{ name: "$(id)" }, /name: /],
  [{ name: "a/b", varName: "my model" }, /varName: expected a Python identifier \(got "my model"\)/],
  [{ name: "a/b", varName: "" }, /varName: /],
  [
    { name: "a/b", baseModel: "c/d" },
    /baseModel: `baseModel` \(c\/d\) is for PEFT adapters: add `isPeft: true`/,
  ],
  [{ name: "./weights", path: "./weights" }, /path: `name` \(\.\/weights\) is already a directory/],
  [{ name: "~/weights", path: "/srv/weights" }, /path: `name` \(~\/weights\) is already a directory/],
  [{ name: "a/b", path: "./b", revision: "v1" }, /path: `revision` \(v1\) has no effect/],
  [{ name: "a/b", path: "" }, /path: /],
  [{ name: "a/b", path: "a\0b" }, /path: contains a NUL character/],
  [{ name: "a/b", revision: "" }, /revision: /],
  [{ name: "a/b", load_kwargs: {} }, /unknown key `load_kwargs`; known keys: name, varName/],
])("%j is an error", (input, message) => {
  expect(() => parse(input)).toThrow(message);
});
