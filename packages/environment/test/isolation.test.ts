import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { homedir, networkInterfaces, tmpdir } from "node:os";
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

  test("Seer's own modules are compiled there", async () => {
    const code = `
from importlib.util import cache_from_source
from os.path import exists
for module in ("init/seer_init/server", "host/seer_host/supervisor/main", "host/seer_host/worker/main"):
    print(exists(cache_from_source(f"/opt/seer/{module}.py")))
`;
    expect(await sandbox.execPython(code)).toBe("True\nTrue\nTrue\n");
  });

  test("the environment is the sandbox's alone", async () => {
    process.env.SEER_TEST_NOT_PASSED = "private";
    const names = (await sandbox.exec("env -0 | tr '\\0' '\\n' | cut -d= -f1 | sort")).split("\n");
    delete process.env.SEER_TEST_NOT_PASSED;
    expect(names).not.toContain("SEER_TEST_NOT_PASSED");
    expect(names).not.toContain("SEER_HOME");
    expect(names.filter((name) => /KEY|TOKEN|SECRET/.test(name))).toEqual([]);
    expect(await sandbox.exec("cat /proc/1/environ 2>&1 || true")).not.toContain("private");
  });

  test("no service of this machine is within reach, nor any abstract socket", async () => {
    const tcp = createServer((socket) => socket.end()).listen(0, "0.0.0.0");
    const name = `seer-test-${randomUUID()}`;
    const abstract = createServer((socket) => socket.end()).listen(`\0${name}`);
    await Promise.all([once(tcp, "listening"), once(abstract, "listening")]);
    const { port } = tcp.address() as AddressInfo;
    const program = `
import socket
def reaches(family, address):
    with socket.socket(family) as connection:
        connection.settimeout(5)
        try:
            connection.connect(address)
            return True
        except OSError:
            return False
own = ${JSON.stringify(ownAddresses())}
print([reaches(socket.AF_INET, (host, ${port})) for host in ["127.0.0.1", "10.0.2.2", *own]])
print(reaches(socket.AF_UNIX, "\\0${name}"))
`;
    const answer = await sandbox.execPython(program);
    tcp.close();
    abstract.close();
    expect(answer).not.toContain("True");
    expect(answer).toContain("False");
  });

  test("its limits hold for all its processes together", async () => {
    const limits = { memoryMiB: 500, processes: 80 };
    await using limited = await new Sandbox({ executionMode: "cli", limits }).start();
    const hungry = "print(len(bytearray(b'x') * (2000 << 20)))";
    await expect(limited.execPython(hungry)).rejects.toThrow(/SIGKILL|MemoryError/);
    expect(await limited.exec("echo alive")).toBe("alive\n");
    const many = "for i in $(seq 300); do sleep 600 & done";
    await expect(limited.exec(many)).rejects.toThrow(/Resource temporarily unavailable/);
    await expect(limited.exec("echo alive")).rejects.toThrow(/limits.processes|temporarily unavailable/);
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

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
}
