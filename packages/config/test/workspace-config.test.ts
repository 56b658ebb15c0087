import { expect, test } from "vitest";
import { parseConfig, workspaceConfigSchema } from "../src/index.ts";

const parse = (input: object) => parseConfig("Workspace", workspaceConfigSchema, input);

test("nothing need be said", () => {
  expect(parse({})).toEqual({
    skillDirs: [],
    localFiles: [],
    localDirs: [],
    customInitCode: "",
    preloadModels: true,
    hiddenModelLoading: true,
  });
});

test.each<[object, RegExp]>([
  [{ skillDirs: [""] }, /skillDirs\[0\]: /],
  [{ localFiles: [["a"]] }, /localFiles\[0\]/],
  [{ localDirs: [["a", "b", "c"]] }, /localDirs\[0\]/],
  [{ customInitCode: 1 }, /customInitCode: /],
  [{ preloadModels: "no" }, /preloadModels: /],
  [{ skills_dirs: [] }, /unknown key `skills_dirs`; did you mean `skillDirs`\?/],
])("%j is an error", (input, message) => {
  expect(() => parse(input)).toThrow(message);
});

test("values that JSON cannot represent are shown in errors", () => {
  const looping: unknown[] = [];
  looping.push(looping);
  expect(() => parse({ customInitCode: looping })).toThrow(/customInitCode: .*Circular/);
  expect(() => parse({ preloadModels: 1n })).toThrow(/preloadModels: .*1n/);
});
