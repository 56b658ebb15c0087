import { join } from "node:path";
import { expect, test } from "vitest";
import { Skill } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const parse = (source: string) => new Skill({ files: { "SKILL.md": source } });
const invalid = (message: string) =>
  expect.objectContaining({ code: "workspace/invalid-skill", message: expect.stringContaining(message) });

test("a skill is read from its directory, with everything beside SKILL.md", async () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff);
  const parent = await temporaryDirectory({
    "probing/SKILL.md": "---\nname: probing\ndescription: >\n  Fits\n  probes.\nlicense: MIT\n---\n# How\n",
    "probing/scripts/fit.py": "print(1)\n",
    "probing/assets/plot.png": png,
  });
  const skill = await Skill.fromDirectory(join(parent, "probing"));
  expect(skill).toMatchObject({ name: "probing", description: "Fits probes.\n", instructions: "# How" });
  expect(skill.files["scripts/fit.py"]).toBe("print(1)\n");
  expect(skill.files["assets/plot.png"]).toEqual(png);
  expect(skill.files["SKILL.md"]).toContain("license: MIT");
});

test("a directory must have its skill's name", async () => {
  const parent = await temporaryDirectory({ "probes/SKILL.md": "---\nname: probing\ndescription: x\n---\n" });
  await expect(Skill.fromDirectory(join(parent, "probes"))).rejects.toThrow(/probing.*probes/);
});

test("a directory without SKILL.md is not a skill", async () => {
  const directory = await temporaryDirectory({ "README.md": "" });
  await expect(Skill.fromDirectory(directory)).rejects.toThrow(invalid(join(directory, "SKILL.md")));
});

test("a written skill reads back, whatever its description holds", () => {
  const description = `Use: "when" it's #1 — ${"very ".repeat(40)}long\nand on two lines`;
  const skill = Skill.create({
    name: "probing",
    description,
    instructions: "# How\n\n---\n\nRun it.",
    files: { "scripts/fit.py": "print(1)\n" },
  });
  expect(parse(String(skill.files["SKILL.md"]))).toMatchObject({
    name: "probing",
    description,
    instructions: "# How\n\n---\n\nRun it.",
  });
  expect(Object.keys(skill.files).sort()).toEqual(["SKILL.md", "scripts/fit.py"]);
});

test.each([
  ["no frontmatter", "# How\n", "frontmatter"],
  ["frontmatter without an end", "---\nname: a\n", "frontmatter"],
  ["YAML that does not parse", "---\nname: [\n---\n", "not YAML"],
  [
    "YAML that never ends",
    `---\nname: ${"[".repeat(20_000)}\n---\n`,
    "has frontmatter that is nested too deeply",
  ],
  ["frontmatter that is a list", "---\n- a\n---\n", "not a mapping"],
  ["no name", "---\ndescription: x\n---\n", "no `name`"],
  ["capitals in the name", "---\nname: Probing\ndescription: x\n---\n", '"Probing"'],
  ["underscores in the name", "---\nname: a_b\ndescription: x\n---\n", '"a_b"'],
  ["a path as the name", "---\nname: ../a\ndescription: x\n---\n", '"../a"'],
  ["hyphens at the end of the name", "---\nname: a-\ndescription: x\n---\n", '"a-"'],
  ["two hyphens in the name", "---\nname: a--b\ndescription: x\n---\n", '"a--b"'],
  ["a number as the name", "---\nname: 12\ndescription: x\n---\n", "12"],
  ["a name that contains itself", "---\nname: &a [*a]\ndescription: x\n---\n", "Circular"],
  ["a description that contains itself", "---\nname: a\ndescription: &a [*a]\n---\n", "`description`"],
  ["65 characters in the name", `---\nname: ${"a".repeat(65)}\ndescription: x\n---\n`, "65"],
  ["no description", "---\nname: a\n---\n", "no `description`"],
  ["an empty description", "---\nname: a\ndescription: ''\n---\n", "no `description`"],
  ["1025 characters of description", `---\nname: a\ndescription: ${"x".repeat(1025)}\n---\n`, "1025"],
])("%s is an error", (_, source, message) => {
  expect(() => parse(source)).toThrow(invalid(message));
});

test("the longest name and description are allowed", () => {
  const skill = parse(`---\nname: ${"a".repeat(64)}\ndescription: ${"x".repeat(1024)}\n---`);
  expect(skill.name).toHaveLength(64);
  expect(skill.instructions).toBe("");
});

test("a file outside the skill is refused", () => {
  const files = { "SKILL.md": "---\nname: a\ndescription: x\n---\n", "../b.py": "" };
  expect(() => new Skill({ files })).toThrow(expect.objectContaining({ code: "workspace/unsafe-path" }));
});
