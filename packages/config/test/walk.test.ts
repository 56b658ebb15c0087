import { execFile } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { realPathInside, type TreeEntry, type WalkOptions, walk } from "../src/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

async function treeWith(...links: [path: string, target: string][]) {
  const root = await temporaryDirectory({ "a.txt": "a" });
  await mkdir(join(root, "sub", "deep"), { recursive: true });
  await writeFile(join(root, "sub", "deep", "b.txt"), "b");
  for (const [path, target] of links) await symlink(target.replace("ROOT", root), join(root, path));
  return root;
}

async function entriesIn(root: string, options?: WalkOptions): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  for await (const entry of walk(root, options)) entries.push(entry);
  return entries;
}

const pathsIn = async (root: string) => (await entriesIn(root)).map(({ path }) => path);

test("links inside a tree are followed, but not those that lead nowhere or back up", async () => {
  const root = await treeWith(
    ["absolute.txt", "ROOT/a.txt"],
    ["relative.txt", "sub/deep/b.txt"],
    ["sub/deep/up.txt", "../../a.txt"],
    ["directory", "sub/deep"],
    ["chain", "directory"],
    ["nowhere", "ROOT/absent"],
    ["outside-nowhere", "/no/such/file"],
    ["below-a-file", "a.txt/b"],
    ["loop", "loop"],
    ["sub/above", ".."],
  );
  const found = await pathsIn(root);
  expect(found).toEqual(
    expect.arrayContaining(["absolute.txt", "relative.txt", "directory/b.txt", "chain/b.txt"]),
  );
  expect(found).toContain("sub/deep/up.txt");
  expect(found.join(" ")).not.toMatch(/nowhere|below|loop|above/);
  const real = await entriesIn(root);
  expect(real.find(({ path }) => path === "chain/b.txt")?.realPath).toBe(join(root, "sub/deep/b.txt"));
});

test.each([
  ["an absolute link to a file", "OUTSIDE/key"],
  ["a relative link to a file", "../BASE/key"],
  ["a link to a directory", "OUTSIDE"],
  ["a link to the root of the file system", "/"],
  ["a link through another link", "through/key"],
  ["a link to what begins with the same name", "ROOT-twin/key"],
])("%s out of a tree is refused, wherever it is", async (_, target) => {
  const outside = await temporaryDirectory({ key: "sk-secret" });
  const to = target.replace("OUTSIDE", outside).replace("BASE", basename(outside));
  for (const place of ["", "sub/"]) {
    const link = `${place}link`;
    const root = await treeWith();
    await mkdir(`${root}-twin`, { recursive: true });
    onTestFinished(() => rm(`${root}-twin`, { recursive: true }));
    await writeFile(join(`${root}-twin`, "key"), "sk-secret");
    await symlink(outside, join(root, place, "through"));
    await symlink(to.replace("../", place === "" ? "../" : "../../").replace("ROOT", root), join(root, link));
    const ignore = (name: string) => name === "through";
    const walking = entriesIn(root, { ignore });
    await expect(walking).rejects.toMatchObject({
      code: "config/link-outside",
      message: expect.stringContaining(`${join(root, link)} is a link to `),
      hint: expect.stringContaining("copy"),
    });
    await expect(realPathInside(root, link)).rejects.toMatchObject({ code: "config/link-outside" });
  }
});

test("a path through a directory that is a link out of the tree is refused", async () => {
  const outside = await temporaryDirectory({ key: "sk-secret" });
  const root = await treeWith(["sub/through", outside]);
  await expect(realPathInside(root, "sub/through/key")).rejects.toMatchObject({
    code: "config/link-outside",
  });
  expect(await realPathInside(root, "sub/deep/b.txt")).toBe(join(root, "sub/deep/b.txt"));
});

test("a snapshot in the hub's cache has the blobs of its model, and of no other", async () => {
  const cache = await temporaryDirectory({});
  const snapshot = join(cache, "models--org--tiny", "snapshots", "abc");
  for (const model of ["models--org--tiny", "models--org--other"]) {
    await mkdir(join(cache, model, "blobs"), { recursive: true });
    await writeFile(join(cache, model, "blobs", "123"), "weights");
  }
  await mkdir(join(snapshot, "nested"), { recursive: true });
  await symlink("../../blobs/123", join(snapshot, "model.safetensors"));
  await symlink("../../../blobs/123", join(snapshot, "nested", "other.bin"));
  expect(await pathsIn(snapshot)).toEqual(["model.safetensors", "nested", "nested/other.bin"]);
  expect(await pathsIn(join(snapshot, "nested"))).toEqual(["other.bin"]);
  for (const target of ["../../../models--org--other/blobs/123", "../../refs", cache]) {
    const link = join(snapshot, "stray");
    await mkdir(join(cache, "models--org--tiny", "refs"), { recursive: true });
    await symlink(target, link);
    await expect(pathsIn(snapshot)).rejects.toMatchObject({ code: "config/link-outside" });
    await promisify(execFile)("rm", [link]);
  }
});

test("what is neither a file nor a directory is left out", async () => {
  const root = await treeWith();
  await promisify(execFile)("mkfifo", [join(root, "pipe")]);
  await symlink("pipe", join(root, "link-to-pipe"));
  expect(await pathsIn(root)).toEqual(["a.txt", "sub", "sub/deep", "sub/deep/b.txt"]);
});

test("a name that is not UTF-8 is an error", async () => {
  const root = await treeWith();
  await promisify(execFile)("sh", ["-c", `touch "$1/$(printf 'bad\\377')"`, "sh", root]);
  await expect(pathsIn(root)).rejects.toMatchObject({ code: "config/unreadable" });
});
