import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { directoryTarget, installWorkspace, Library, Skill, Workspace } from "../src/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const skill = "---\nname: given\ndescription: Does it.\n---\n";

/** What reads a whole directory, named `given`, and gives what is in its file `link`. */
const readers: Record<string, (directory: string) => Promise<unknown>> = {
  "Skill.fromDirectory": async (path) => (await Skill.fromDirectory(path)).files.link,
  "Library.fromSkillDir": async (path) => (await Library.fromSkillDir(path)).files["given.py"],
  "Library.fromDirectory": async (path) => (await Library.fromDirectory(path)).files.link,
  skillDirs: async (path) => await install(new Workspace({ skillDirs: [path] })),
  localDirs: async (path) => await install(new Workspace({ localDirs: [[path, "given"]] })),
};

async function install(workspace: Workspace): Promise<void> {
  const target = await temporaryDirectory();
  await installWorkspace(workspace, directoryTarget(target), { root: "." });
}

async function given(): Promise<string> {
  const files = {
    "given/SKILL.md": skill,
    "given/code.py": "",
    "given/__init__.py": "",
    "given/own.txt": "own",
  };
  const parent = await temporaryDirectory({ ...files, key: "sk-secret", "keys/key": "sk-secret" });
  await mkdir(join(parent, "given", "nested"));
  return join(parent, "given");
}

test.each(Object.entries(readers))("%s follows links inside the directory", async (_, read) => {
  const directory = await given();
  await symlink("own.txt", join(directory, "link"));
  await symlink("../own.txt", join(directory, "nested", "other"));
  const content = await read(directory);
  if (typeof content === "string" && content !== "") expect(content).toBe("own");
});

const targets = ["../key", "PARENT/key", "../keys", "/etc"];

test.each(
  Object.entries(readers).flatMap(([name, read]) => targets.map((target) => ({ name, read, target }))),
)("$name refuses a link to $target", async ({ read, target }) => {
  const directory = await given();
  await symlink(target.replace("PARENT", join(directory, "..")), join(directory, "link"));
  await expect(read(directory)).rejects.toMatchObject({
    code: "config/link-outside",
    message: expect.stringContaining(join(directory, "link")),
  });
});
