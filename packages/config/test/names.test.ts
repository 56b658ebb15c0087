import { homedir } from "node:os";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { isLocalModel, localModelPath, modelName, modelPath, modelPathVariable } from "../src/index.ts";

test.each([
  ["google/gemma-2-9b", "/models/google--gemma-2-9b", "MODEL_GOOGLE_GEMMA_2_9B_PATH"],
  ["meta-llama/Llama-2-7b", "/models/meta-llama--Llama-2-7b", "MODEL_META_LLAMA_LLAMA_2_7B_PATH"],
  ["gpt2", "/models/gpt2", "MODEL_GPT2_PATH"],
])("%s is at %s, in %s", (name, path, variable) => {
  expect(modelPath(name)).toBe(path);
  expect(modelPathVariable(name)).toBe(variable);
});

test.each([
  ["./weights", true],
  ["../weights", true],
  ["/srv/weights", true],
  ["~/weights", true],
  [".", true],
  ["..", true],
  ["google/gemma-2-9b", false],
  ["gpt2", false],
  [".hidden", false],
  ["~user/weights", false],
])("%s is a local directory: %s", (name, local) => {
  expect(isLocalModel(name)).toBe(local);
});

test("a local model may be written relative to a directory or to the home directory", () => {
  expect(localModelPath("./weights", "/srv")).toBe("/srv/weights");
  expect(localModelPath("/data/weights", "/srv")).toBe("/data/weights");
  expect(localModelPath("~/weights", "/srv")).toBe(`${homedir()}/weights`);
});

test("a model's name says nothing that is hidden", () => {
  const model = { varName: "model", hidden: false };
  expect(modelName({ ...model, name: "google/gemma-2-9b" })).toBe("google/gemma-2-9b");
  expect(modelName({ ...model, name: "/srv/weights/" })).toBe("weights");
  expect(modelName({ ...model, name: "." })).toBe(basename(process.cwd()));
  expect(modelName({ ...model, name: "user/secret-adapter", hidden: true })).toBe("model");
});
