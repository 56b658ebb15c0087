import { existsSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { beforeAll, describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
const config = { executionMode: "cli" as const };
let folder: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  await writeFile(join(folder, "target_agent.py"), "name = 'uploaded'\n");
  await writeFile(
    join(folder, "interface.py"),
    `from pathlib import Path
import target_agent

@expose
def imported() -> str:
    return target_agent.name

@expose
def note(text: str) -> str:
    path = Path(target_agent.__file__).parent / "results" / "note.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)
`,
  );
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test("files can be written to and read from /root", async () => {
    await using sandbox = await new Sandbox(config, { isolation }).start();
    await sandbox.writeFile("/root/results/a.txt", "written");
    await sandbox.ensureDir("/root/empty/nested");
    await sandbox.uploadFile(join(folder, "target_agent.py"), "/root/");
    const inRoot = { cwd: "/root" };
    expect(await sandbox.exec("ls -d *; cat results/a.txt", inRoot)).toBe(
      "empty\nresults\ntarget_agent.py\nwritten",
    );
    await sandbox.exec("echo shell > b.txt", inRoot);
    await sandbox.execPython("open('c.txt', 'w').write('python')", inRoot);
    await sandbox.run(["cp", "c.txt", "results/d.txt"], inRoot);
    const read = async (path: string) => Buffer.from(await sandbox.readFile(path)).toString();
    expect(await read("/root/b.txt")).toBe("shell\n");
    expect(await read("/root/c.txt")).toBe("python");
    expect(await read("/root/results/d.txt")).toBe("python");
    expect(existsSync("/root/results/a.txt")).toBe(false);
  });

  test("configured files are copied there", async () => {
    const localFiles: [string, string][] = [[join(folder, "target_agent.py"), "/root/lib/agent.py"]];
    const localDirs: [string, string][] = [[folder, "/root/all"]];
    await using sandbox = await new Sandbox({ ...config, localFiles, localDirs }, { isolation }).start();
    expect(await sandbox.exec("cat lib/agent.py; ls all", { cwd: "/root" })).toBe(
      "name = 'uploaded'\ninterface.py\ntarget_agent.py\n",
    );
  });

  test("an interface file imports modules from it, and writes to it", async () => {
    const alone = await temporaryDirectory();
    await using scoped = await new ScopedSandbox({}, { isolation }).start();
    await scoped.uploadFile(join(folder, "target_agent.py"), "/root/target_agent.py");
    // By itself, so that nothing beside it is uploaded with it.
    const file = join(alone, "interface.py");
    await copyFile(join(folder, "interface.py"), file);
    await scoped.serve(file, { exposeAs: "library" });
    const [served] = scoped.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("imported")).toBe("uploaded");
    const path = await client.call("note", { text: "from a function" });
    if (isolation === "bubblewrap") expect(path).toBe("/root/results/note.txt");
    expect(Buffer.from(await scoped.readFile("/root/results/note.txt")).toString()).toBe("from a function");
  });

  test("a snapshot keeps it", async () => {
    await using sandbox = await new Sandbox(config, { isolation }).start();
    await sandbox.writeFile("/root/kept.txt", "kept");
    const snapshot = await sandbox.terminate({ saveSnapshot: true });
    await using again = await Sandbox.fromSnapshot(snapshot, undefined, { isolation });
    expect(await again.exec("cat kept.txt", { cwd: "/root" })).toBe("kept");
    expect(Buffer.from(await again.readFile("/root/kept.txt")).toString()).toBe("kept");
  });
});

test.runIf(isolations.includes("bubblewrap" as never))("programs can write to /root", async () => {
  await using sandbox = await new Sandbox(config).start();
  await sandbox.exec("mkdir -p /root/results && echo shell > /root/results/a.txt");
  await sandbox.execPython("open('/root/b.txt', 'w').write('python')");
  await sandbox.run(["cp", "/root/b.txt", "/root/c.txt"]);
  expect(await sandbox.exec("cat /root/results/a.txt /root/b.txt /root/c.txt")).toBe("shell\npythonpython");
});
