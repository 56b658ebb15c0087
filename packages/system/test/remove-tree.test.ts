import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { removeTree } from "../src/index.ts";

test("a tree that is deeper than a path can be long is removed", async () => {
  const root = await mkdtemp(join(tmpdir(), "seer-test-"));
  const below = `${"d".repeat(200)}/`.repeat(15);
  for (const name of ["a", "b", "c"]) await mkdir(join(root, name, below), { recursive: true });
  await rename(join(root, "b"), join(root, "a", below, "b"));
  await rename(join(root, "a"), join(root, "c", below, "a"));
  await removeTree(root);
  expect(existsSync(root)).toBe(false);
});

test("directories that nobody may enter are removed", async () => {
  const root = await mkdtemp(join(tmpdir(), "seer-test-"));
  await mkdir(join(root, "closed", "inner"), { recursive: true });
  await writeFile(join(root, "closed", "inner", "file"), "");
  for (const path of ["closed/inner", "closed"]) await chmod(join(root, path), 0);
  await removeTree(root);
  expect(existsSync(root)).toBe(false);
});
