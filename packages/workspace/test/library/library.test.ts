import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Library } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const bytes = Uint8Array.of(0x93, 0x4e, 0xff, 0x00);

test("a file is a library of its own name", async () => {
  const directory = await temporaryDirectory({ "helpers.py": '"""Formatting."""\n\nx = 1\n' });
  const library = await Library.fromFile(join(directory, "helpers.py"));
  expect(library).toMatchObject({
    name: "helpers",
    isSingleFile: true,
    docs: "Formatting.",
    files: { "helpers.py": '"""Formatting."""\n\nx = 1\n' },
  });
});

test("a file can be imported by another name", async () => {
  const directory = await temporaryDirectory({ "steering-hook.py": "x = 1\n" });
  const library = await Library.fromFile(join(directory, "steering-hook.py"), { name: "steering" });
  expect(library.files).toEqual({ "steering.py": "x = 1\n" });
  expect(library.docs).toBe("");
});

test("a file whose name is no identifier needs another name", async () => {
  const directory = await temporaryDirectory({ "steering-hook.py": "" });
  await expect(Library.fromFile(join(directory, "steering-hook.py"))).rejects.toMatchObject({
    code: "workspace/invalid-library",
    message: expect.stringContaining('"steering-hook"'),
    hint: expect.stringContaining('name: "steering_hook"'),
  });
});

test.each(["", "1st", "a.b", "a/b", "..", "class", "None", "naïve"])("%j is not a library's name", (name) => {
  expect(() => Library.fromCode("", { name })).toThrow(
    expect.objectContaining({ code: "workspace/invalid-library" }),
  );
});

test("a missing file is named", async () => {
  await expect(Library.fromFile("/nowhere/helpers.py")).rejects.toMatchObject({
    code: "workspace/unreadable",
    message: expect.stringContaining("/nowhere/helpers.py"),
  });
});

test("only Python files are libraries", async () => {
  await expect(Library.fromFile("helpers.ts")).rejects.toMatchObject({ code: "workspace/invalid-library" });
});

test("a package keeps nested and binary files, and leaves out caches", async () => {
  const parent = await temporaryDirectory({
    "probes/__init__.py": "'''Linear probes.'''\n",
    "probes/fit/ridge.py": "x = 1\n",
    "probes/weights.bin": bytes,
    "probes/__pycache__/ridge.cpython-311.pyc": bytes,
    "probes/fit/__pycache__/ridge.cpython-311.pyc": bytes,
  });
  const library = await Library.fromDirectory(`${join(parent, "probes")}/`);
  expect(library).toMatchObject({ name: "probes", isSingleFile: false, docs: "Linear probes." });
  expect(library.files).toEqual({
    "__init__.py": "'''Linear probes.'''\n",
    "fit/ridge.py": "x = 1\n",
    "weights.bin": bytes,
  });
  expect(Object.keys(library.importableFiles)).toEqual([
    "probes/__init__.py",
    "probes/fit/ridge.py",
    "probes/weights.bin",
  ]);
});

test("a directory that links to itself is read once", async () => {
  const directory = await temporaryDirectory({ "__init__.py": "", "shared.py": "y = 2\n" });
  await symlink(directory, join(directory, "again"));
  await symlink(join(directory, "shared.py"), join(directory, "linked.py"));
  const library = await Library.fromDirectory(directory, { name: "probes" });
  expect(Object.keys(library.files)).toEqual(["__init__.py", "linked.py", "shared.py"]);
});

test("a directory without __init__.py is not a package", async () => {
  const directory = await temporaryDirectory({ "probe.py": "" });
  await expect(Library.fromDirectory(directory)).rejects.toMatchObject({
    code: "workspace/invalid-library",
    message: expect.stringContaining("__init__.py"),
  });
});

test("a skill's code.py is a library with the skill's text for docs", async () => {
  const parent = await temporaryDirectory({
    "steering-hook/SKILL.md":
      "---\nname: steering-hook\ndescription: Steers a model.\n---\n\nUse `steer()`.\n",
    "steering-hook/code.py": "def steer(): ...\n",
  });
  const library = await Library.fromSkillDir(join(parent, "steering-hook"));
  expect(library).toMatchObject({
    name: "steering_hook",
    docs: "Steers a model.\n\nUse `steer()`.",
    files: { "steering_hook.py": "def steer(): ...\n" },
  });
});

test("a skill without code.py is not a library", async () => {
  const parent = await temporaryDirectory({ "a/SKILL.md": "---\nname: a\ndescription: b\n---\n" });
  await expect(Library.fromSkillDir(join(parent, "a"))).rejects.toMatchObject({
    code: "workspace/invalid-library",
    message: expect.stringContaining("code.py"),
  });
});

test("docs given win over the docstring", () => {
  const files = { "tools.py": '"""Docstring."""' };
  expect(new Library({ name: "tools", files, docs: "Given." }).docs).toBe("Given.");
});

test.each([
  ["no file", {}],
  ["another name", { "other.py": "" }],
  ["a second module beside the first", { "tools.py": "", "other.py": "" }],
  ["a package's directory in its paths", { "tools/__init__.py": "" }],
])("%s makes no library", (_, files) => {
  expect(() => new Library({ name: "tools", files })).toThrow(
    expect.objectContaining({ code: "workspace/invalid-library" }),
  );
});

test.each(["../x.py", "/x.py", "a//b.py", "a/./b.py", "a/../../x.py", "a\\b.py", "a\0.py", ""])(
  "a file at %j is refused",
  (path) => {
    expect(() => new Library({ name: "tools", files: { "__init__.py": "", [path]: "" } })).toThrow(
      expect.objectContaining({ code: "workspace/unsafe-path" }),
    );
  },
);
