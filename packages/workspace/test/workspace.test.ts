import { expect, test } from "vitest";
import { Library, Skill, Workspace } from "../src/index.ts";

const library = (name: string, docs?: string) =>
  new Library({ name, files: { [`${name}.py`]: "" }, ...(docs === undefined ? {} : { docs }) });

test("a workspace needs nothing", () => {
  expect(new Workspace()).toMatchObject({
    libraries: [],
    skills: [],
    skillDirs: [],
    localFiles: [],
    localDirs: [],
    customInitCode: "",
    preloadModels: true,
    hiddenModelLoading: true,
  });
});

test("library docs are one heading a library", () => {
  const workspace = new Workspace({ libraries: [library("helpers", "Formats."), library("bare")] });
  expect(workspace.getLibraryDocs()).toBe("## `import helpers`\n\nFormats.\n\n## `import bare`");
});

test("two libraries, or two skills, with one name are an error", () => {
  const skill = Skill.create({ name: "probing", description: "x", instructions: "" });
  const duplicate = expect.objectContaining({ code: "workspace/duplicate" });
  expect(() => new Workspace({ libraries: [library("a"), library("a")] })).toThrow(duplicate);
  expect(() => new Workspace({ skills: [skill, skill] })).toThrow(duplicate);
});

test("an unknown key is an error that names the nearest", () => {
  const options = { custom_init_code: "x = 1" } as object;
  expect(() => new Workspace(options)).toThrow(/did you mean `customInitCode`/);
});
