import { randomBytes } from "node:crypto";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Workspace } from "@seer/workspace";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();

describe.each(isolations)("with isolation %s", async (isolation) => {
  const local = await temporaryDirectory();
  let sandbox: Sandbox;

  beforeAll(async () => {
    await writeFile(join(local, "data.txt"), "data");
    await mkdir(join(local, "dir", "deep"), { recursive: true });
    await writeFile(join(local, "dir", "deep", "run.sh"), "#!/bin/sh\necho ran\n");
    await chmod(join(local, "dir", "deep", "run.sh"), 0o755);
    await writeFile(join(local, "dir", "deep", "data.txt"), "deep");
    await symlink(join(local, "dir", "deep", "data.txt"), join(local, "dir", "link.txt"));
    await symlink(join(local, "dir"), join(local, "dir", "deep", "up"));
    await symlink("/no/such/thing", join(local, "dir", "dangling"));
    const config = {
      executionMode: "cli" as const,
      localFiles: [
        [join(local, "data.txt"), "/workspace/inputs/data.txt"],
        [join(local, "data.txt"), "relative/"],
      ] as [string, string][],
      localDirs: [[join(local, "dir"), "/workspace/dir"]] as [string, string][],
    };
    sandbox = await new Sandbox(config, { isolation }).start();
  });
  afterAll(() => sandbox.terminate());

  test("localFiles are copied to where they should be", async () => {
    expect(await sandbox.exec("cat inputs/data.txt relative/data.txt")).toBe("datadata");
  });

  test("localDirs are copied with what links in them lead to, and stay executable", async () => {
    expect(await sandbox.exec("dir/deep/run.sh; cat dir/link.txt; ls -A dir dir/deep")).toBe(
      "ran\ndeepdir:\ndeep\nlink.txt\n\ndir/deep:\ndata.txt\nrun.sh\n",
    );
  });

  test.each([
    ["an absolute link", (directory: string) => join(directory, "..", "key")],
    ["a relative link", () => "../../key"],
    ["a link to a directory", () => "/etc"],
  ])("localDirs are refused with %s out of them", async (_, target) => {
    const directory = join(await temporaryDirectory(), "given");
    await mkdir(join(directory, "nested"), { recursive: true });
    await writeFile(join(directory, "..", "key"), "sk-secret");
    await symlink(target(directory), join(directory, "nested", "link"));
    const localDirs: [string, string][] = [[directory, "given"]];
    const error = await errorOf(new Sandbox({ executionMode: "cli", localDirs }, { isolation }).start());
    expect(error.code).toBe("config/link-outside");
    expect(error.message).toContain(join(directory, "nested", "link"));
    const workspace = new Workspace({ localDirs });
    const scoped = new ScopedSandbox({}, { isolation });
    expect((await errorOf(scoped.start({ workspace }))).code).toBe("config/link-outside");
  });

  test("an interface file does not bring what a link beside it leads to", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(local, "secret.py"), "key = 'sk-secret'\n");
    await writeFile(join(directory, "inside.py"), "value = 1\n");
    await symlink("inside.py", join(directory, "alias.py"));
    const file = join(directory, "interface.py");
    const code = (module: string) =>
      `import ${module}\n\n@expose\ndef names() -> list[str]:\n    return dir(${module})\n`;
    await using scoped = await new ScopedSandbox({}, { isolation }).start();
    await writeFile(file, code("alias"));
    await scoped.serve(file, { exposeAs: "prompt", name: "inside" });
    await symlink(join(local, "secret.py"), join(directory, "outside.py"));
    await symlink(local, join(directory, "package"));
    for (const [name, module] of [
      ["file", "outside"],
      ["package", "package.secret"],
    ] as const) {
      await writeFile(file, code(module));
      const error = await errorOf(scoped.serve(file, { exposeAs: "prompt", name }));
      expect(error.code).toBe("config/link-outside");
    }
  });

  test("files come back as they were written", async () => {
    const bytes = new Uint8Array(randomBytes(3_000_000));
    await sandbox.writeFile("/workspace/some/where/bytes.bin", bytes);
    expect(Buffer.compare(await sandbox.readFile("some/where/bytes.bin"), bytes)).toBe(0);
    await sandbox.writeFile("empty", "");
    expect(await sandbox.readFile("empty")).toEqual(new Uint8Array());
  });

  test("writing replaces a file and keeps its mode", async () => {
    await sandbox.writeFile("script", "old and long");
    await sandbox.exec("chmod 700 script");
    await sandbox.writeFile("script", "new");
    expect(await sandbox.exec("cat script; stat -c %a script")).toBe("new700\n");
  });

  test("uploadFile puts a file beside the interface, or where it is told", async () => {
    await sandbox.uploadFile(join(local, "data.txt"));
    await sandbox.uploadFile(join(local, "data.txt"), "/workspace/copies/");
    await sandbox.uploadFile(join(local, "data.txt"), "copies/other.txt");
    expect(await sandbox.exec("cat data.txt copies/data.txt copies/other.txt")).toBe("datadatadata");
  });

  test("what is not there is named", async () => {
    const unread = await errorOf(sandbox.readFile("/workspace/nothing.txt"));
    expect(unread).toMatchObject({ code: "environment/file-failed" });
    expect(unread.message).toContain("workspace/nothing.txt");
    const unsent = await errorOf(sandbox.uploadFile(join(local, "nothing.txt")));
    expect(unsent).toMatchObject({ code: "environment/local-path-missing" });
    expect(unsent.message).toBe(`${join(local, "nothing.txt")} does not exist`);
    expect((await errorOf(sandbox.uploadFile(join(local, "dir")))).hint).toContain("localDirs");
    expect((await errorOf(sandbox.writeFile("dir", "x"))).code).toBe("environment/file-failed");
  });
});
