import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { WriteTarget } from "@seer/config";
import { expect, test } from "vitest";
import { directoryTarget } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const unsafe = expect.objectContaining({ code: "workspace/unsafe-path" });

test("files and directories are private, and a missing directory is made", async () => {
  const root = join(await temporaryDirectory(), "deep/er");
  const target = directoryTarget(root);
  await target.writeFile("lib/_endpoint.json", "{}");
  await target.writeFile(join(root, "lib/data.bin"), Uint8Array.of(0xff));
  await target.ensureDir("empty");
  expect((await stat(join(root, "lib/_endpoint.json"))).mode & 0o777).toBe(0o600);
  for (const path of ["", "lib", "empty"]) {
    expect((await stat(join(root, path))).mode & 0o777).toBe(0o700);
  }
  expect([...(await readFile(join(root, "lib/data.bin")))]).toEqual([0xff]);
  expect((await readdir(join(root, "lib"))).sort()).toEqual(["_endpoint.json", "data.bin"]);
});

test.each(["..", "../x", "/etc/x", "a/../../x"])("%s is outside", async (path) => {
  const target = directoryTarget(await temporaryDirectory());
  await expect(target.writeFile(path, "")).rejects.toThrow(unsafe);
  await expect(target.ensureDir(path)).rejects.toThrow(unsafe);
});

test("a file beginning with two dots is inside", async () => {
  const root = await temporaryDirectory();
  await directoryTarget(root).writeFile("..data", "x");
  expect(await readFile(join(root, "..data"), "utf8")).toBe("x");
});

// An agent may have left such links in a workspace that is set up again.
test("a symbolic link does not lead a write out of the directory", async () => {
  const outside = await temporaryDirectory({ "precious.txt": "kept" });
  const root = await temporaryDirectory();
  await symlink(outside, join(root, "lib"));
  await symlink(join(outside, "precious.txt"), join(root, "file.txt"));
  await symlink(join(outside, "new"), join(root, "dangling"));
  const target = directoryTarget(root);
  await expect(target.writeFile("lib/x.py", "")).rejects.toThrow(unsafe);
  await expect(target.ensureDir("lib/deep/er")).rejects.toThrow(unsafe);
  await expect(target.ensureDir("dangling/deep")).rejects.toThrow(unsafe);
  await target.writeFile("file.txt", "replaced");
  expect((await lstat(join(root, "file.txt"))).isSymbolicLink()).toBe(false);
  expect(await readdir(outside)).toEqual(["precious.txt"]);
  expect(await readFile(join(outside, "precious.txt"), "utf8")).toBe("kept");
});

// An agent swaps a directory for a link between any check of a path and the use of it.
test.runIf(process.platform === "linux").each([
  [
    "a file",
    async (target: WriteTarget, n: number) => target.writeFile(`.seer/output-${n}.txt`, "agent's text"),
  ],
  [
    "a file further down",
    async (target: WriteTarget, n: number) => target.writeFile(`.seer/a/${n}/b.txt`, "text"),
  ],
  ["a directory", async (target: WriteTarget, n: number) => target.ensureDir(`.seer/made-${n}`)],
])("a link that is swapped in at any moment leads %s nowhere", async (_, write) => {
  const outside = await temporaryDirectory();
  const root = await temporaryDirectory();
  await mkdir(join(root, ".seer"));
  await symlink(outside, join(root, "link"));
  const program = join(import.meta.dirname, "swap_directory.py");
  const agent = spawn("python3", [program, join(root, ".seer"), join(root, "link")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await once(agent.stdout, "data");
    const target = directoryTarget(root);
    const results = { written: 0, refused: 0 };
    for (let n = 0; n < 400; n++) {
      await write(target, n).then(
        () => results.written++,
        (error) => {
          expect(error).toEqual(unsafe);
          results.refused++;
        },
      );
    }
    expect(results.written).toBeGreaterThan(0);
    expect(results.refused).toBeGreaterThan(0);
  } finally {
    agent.kill("SIGKILL");
    await once(agent, "close");
  }
  expect(await readdir(outside)).toEqual([]);
});
