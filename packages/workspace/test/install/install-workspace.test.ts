import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryTarget, installWorkspace, Library, Skill, Workspace } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const bytes = Uint8Array.of(0, 0xff, 0x80, 0x0a);

test("everything arrives, and Python imports the libraries", async () => {
  const source = await temporaryDirectory({
    "probing/SKILL.md": "---\nname: probing\ndescription: Probes.\n---\n",
    "probing/scripts/fit.py": "",
    "data.bin": bytes,
    "prompts/easy/a.txt": "a",
    "prompts/b.bin": bytes,
  });
  const root = await temporaryDirectory();
  const workspace = new Workspace({
    libraries: [
      Library.fromCode("def twice(x):\n    return 2 * x\n", { name: "helpers" }),
      new Library({ name: "probes", files: { "__init__.py": "", "fit/__init__.py": "answer = 42\n" } }),
    ],
    skills: [Skill.create({ name: "plotting", description: "Plots.", instructions: "Plot." })],
    skillDirs: [join(source, "probing")],
    localFiles: [
      [join(source, "data.bin"), "inputs/"],
      [join(source, "data.bin"), "/workspace/renamed.bin"],
    ],
    localDirs: [[join(source, "prompts"), "prompts"]],
  });
  const installed = await installWorkspace(workspace, directoryTarget(root), { root });
  expect(installed).toEqual({
    libraryDir: join(root, "lib"),
    skillDir: join(root, ".claude/skills"),
    libraries: ["helpers", "probes"],
    skills: ["plotting", "probing"],
  });
  expect(await filesUnder(root)).toEqual([
    ".claude/skills/plotting/SKILL.md",
    ".claude/skills/probing/SKILL.md",
    ".claude/skills/probing/scripts/fit.py",
    "inputs/data.bin",
    "lib/helpers.py",
    "lib/probes/__init__.py",
    "lib/probes/fit/__init__.py",
    "prompts/b.bin",
    "prompts/easy/a.txt",
    "renamed.bin",
  ]);
  expect(new Uint8Array(await readFile(join(root, "inputs/data.bin")))).toEqual(bytes);
  const code = "import helpers, probes.fit; print(helpers.twice(probes.fit.answer))";
  const env = { ...process.env, PYTHONPATH: installed.libraryDir };
  expect(execFileSync("python3", ["-c", code], { env, encoding: "utf8" })).toBe("84\n");
});

test("installing again replaces what was there", async () => {
  const root = await temporaryDirectory({ "lib/helpers.py": "old" });
  const workspace = new Workspace({ libraries: [Library.fromCode("new", { name: "helpers" })] });
  await installWorkspace(workspace, directoryTarget(root), { root });
  expect(await readFile(join(root, "lib/helpers.py"), "utf8")).toBe("new");
});

test("a skill and a skill's directory with one name are an error", async () => {
  const source = await temporaryDirectory({
    "probing/SKILL.md": "---\nname: probing\ndescription: x\n---\n",
  });
  const workspace = new Workspace({
    skills: [Skill.create({ name: "probing", description: "x", instructions: "" })],
    skillDirs: [join(source, "probing")],
  });
  await expectRefused(workspace, "workspace/duplicate");
});

test("two files for one path are an error that names both", async () => {
  const source = await temporaryDirectory({ "mine.py": "" });
  const workspace = new Workspace({
    libraries: [Library.fromCode("", { name: "helpers" })],
    localFiles: [[join(source, "mine.py"), "lib/helpers.py"]],
  });
  const error = await expectRefused(workspace, "workspace/duplicate");
  expect(error.message).toContain("the library helpers");
  expect(error.message).toContain("mine.py");
});

test.each(["../out.txt", "/etc/passwd", "/workspace/../out.txt", "a/../../out.txt"])(
  "a local file for %s is refused",
  async (path) => {
    const source = await temporaryDirectory({ "a.txt": "" });
    await expectRefused(
      new Workspace({ localFiles: [[join(source, "a.txt"), path]] }),
      "workspace/unsafe-path",
    );
  },
);

test("a local directory that is missing is an error", async () => {
  await expectRefused(new Workspace({ localDirs: [["/nowhere", "data"]] }), "workspace/unreadable");
});

async function expectRefused(workspace: Workspace, code: string): Promise<Error> {
  const root = await temporaryDirectory();
  const error: unknown = await installWorkspace(workspace, directoryTarget(root), { root }).catch((e) => e);
  expect(error).toMatchObject({ code });
  expect(await readdir(root)).toEqual([]);
  return error as Error;
}

async function filesUnder(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}
