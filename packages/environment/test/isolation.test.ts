import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Sandbox } from "../src/index.ts";
import { isolations, useOwnHome } from "./support/home.ts";

const home = useOwnHome();

describe.runIf(isolations.includes("bubblewrap" as never))("inside bubblewrap", () => {
  let sandbox: Sandbox;
  let other: Sandbox;
  let own: string;

  beforeAll(async () => {
    own = await mkdtemp(join(homedir(), ".seer-test-"));
    await writeFile(join(own, "private.txt"), "private");
    [sandbox, other] = await Promise.all([
      new Sandbox({ executionMode: "cli" }).start(),
      new Sandbox({ executionMode: "cli" }).start(),
    ]);
    await other.writeFile("note", "of the other");
  });
  afterAll(async () => {
    await Promise.all([sandbox.terminate(), other.terminate()]);
    await rm(own, { recursive: true, force: true });
  });

  test("the user's home and what Seer keeps of sandboxes are not there", async () => {
    for (const path of [join(own, "private.txt"), join(home, "sandboxes"), process.cwd(), "/etc/shadow"]) {
      expect((await sandbox.run(["ls", path])).exitCode, path).not.toBe(0);
    }
    expect(await sandbox.exec("echo ~; ls -A ~")).toBe("/home/seer\n");
  });

  test("other processes, of the machine and of other sandboxes, are not there", async () => {
    await other.exec("(sleep 300 >/dev/null 2>&1 &)");
    expect(await sandbox.exec("pgrep -a sleep || true")).toBe("");
    expect(await sandbox.exec("ls -d /proc/[0-9]* | wc -l")).toMatch(/^[1-9]\n$/);
    expect((await sandbox.run(`kill -0 ${process.pid}`)).exitCode).not.toBe(0);
  });

  test("the environment is the sandbox's alone", async () => {
    process.env.SEER_TEST_NOT_PASSED = "private";
    const names = (await sandbox.exec("env -0 | tr '\\0' '\\n' | cut -d= -f1 | sort")).split("\n");
    delete process.env.SEER_TEST_NOT_PASSED;
    expect(names).not.toContain("SEER_TEST_NOT_PASSED");
    expect(names).not.toContain("SEER_HOME");
    expect(names.filter((name) => /KEY|TOKEN|SECRET/.test(name))).toEqual([]);
    expect(await sandbox.exec("tr '\\0' '\\n' < /proc/1/environ")).not.toContain("private");
  });

  test("only its own places can be written, and its init is out of reach", async () => {
    for (const path of ["/usr/x", "/opt/seer/host/x", "/opt/seer/environment/x", "/etc/x", "/x"]) {
      expect((await sandbox.run(["touch", path])).exitCode, path).not.toBe(0);
    }
    await sandbox.exec("touch /workspace/x /tmp/x ~/x");
    expect((await sandbox.run("find / -xdev -name init.sock 2>/dev/null")).stdout).toBe("");
    expect(await sandbox.exec("grep CapEff /proc/self/status")).toBe("CapEff:\t0000000000000000\n");
  });

  test("a link in the workspace does not lead a write out of the sandbox", async () => {
    await sandbox.exec(`mkdir -p ${own} 2>/dev/null; ln -s ${own} /workspace/out`);
    await sandbox.writeFile("/workspace/out/planted.txt", "x").catch(() => {});
    await expect(readFile(join(own, "planted.txt"))).rejects.toThrow();
  });
});

test("asking for bubblewrap where it does not work is an error, and auto says why it goes without", async () => {
  const empty = await mkdtemp(join(tmpdir(), "seer-test-"));
  // Asked in another process, since what works is found out once.
  const program = join(import.meta.dirname, "fixtures", "choose.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: { PATH: empty } });
  await rm(empty, { recursive: true });
  expect(JSON.parse(stdout)).toEqual({
    code: "environment/isolation-unavailable",
    message: "The sandbox cannot be isolated: bubblewrap is not installed",
    auto: { kind: "none", reason: "bubblewrap is not installed" },
  });
});
