import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type BubblewrapOptions,
  bubblewrapArguments,
  findIsolation,
  findPython,
  pythonMounts,
} from "../../src/launch/index.ts";

const isolation = await findIsolation();
const isRoot = process.getuid?.() === 0;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "seer-bubblewrap-"));
});
afterAll(() => rm(directory, { recursive: true }));

const view: BubblewrapOptions = { workingDirectory: "/tmp", network: true, dieWithParent: true };
const run = async (
  options: Partial<BubblewrapOptions>,
  command: string[],
  user?: { uid: number; gid: number },
) => {
  const args = [...bubblewrapArguments({ ...view, ...options }), "--", ...command];
  return (await promisify(execFile)("bwrap", args, { ...user, timeout: 10_000 })).stdout.trim();
};

test("says whether bubblewrap works, and if not, why", () => {
  if (isolation.kind === "none") expect(isolation.reason).toMatch(/bubblewrap/);
  else expect(isolation).toEqual({ kind: "bubblewrap" });
});

test.skipIf(isolation.kind === "none")(
  "nothing of the home, nothing of this test, nothing of other processes",
  async () => {
    const script = 'ls -A "$1"; ls "$2"; ls -d /proc/[0-9]* | wc -l; cat /proc/sys/kernel/hostname; id -u';
    const list = await run({}, ["sh", "-c", `(${script}) 2>&1`, "sh", homedir(), directory]);
    const [home, here, processes, host] = list.split("\n");
    expect(home).toContain("No such file");
    expect(here).toContain("No such file");
    expect(Number(processes)).toBeLessThan(10);
    expect(host).toBe("sandbox");
  },
);

test.skipIf(isolation.kind === "none")("no device and no part of /sys unless GPUs are wanted", async () => {
  const list = ["sh", "-c", "find /sys -maxdepth 2; ls /dev"];
  const standard = ["console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm"];
  const allowed = [...standard, "stderr", "stdin", "stdout", "tty", "urandom", "zero"];
  const system = ["/sys", "/sys/devices", "/sys/devices/system"];
  for (const line of (await run({}, list)).split("\n")) expect([...allowed, ...system]).toContain(line);
  expect(await run({ devices: "gpu" }, list)).toContain("/sys/class");
});

test.skipIf(isolation.kind === "none")("writes only where it may", async () => {
  await writeFile(join(directory, "read"), "before");
  await mkdir(join(directory, "write"));
  const options: Partial<BubblewrapOptions> = {
    readOnly: [[directory, "/data/in"]],
    writable: [[join(directory, "write"), "/data/in/write"]],
    workingDirectory: "/data/in/write",
  };
  await run(options, ["sh", "-c", "cat ../read > copy"]);
  expect(await readFile(join(directory, "write/copy"), "utf8")).toBe("before");
  for (const path of [
    "/data/in/read",
    "/data/new",
    "/new",
    "/etc/new",
    "/usr/new",
    "/proc/sys/vm/swappiness",
  ]) {
    // Opening for append changes nothing, should it succeed after all.
    await expect(run(options, ["sh", "-c", `: >> ${path}`]), path).rejects.toThrow(/Read-only|denied/);
  }
});

test.skipIf(isolation.kind === "none")("reaches this machine's network only when it may", async () => {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { executable, ...python } = await findPython();
  const fetch = `import urllib.request; print(urllib.request.urlopen("http://127.0.0.1:${port}").read().decode())`;
  const mounts = await pythonMounts({ executable, ...python });
  expect(await run({ ...mounts, network: true }, [executable, "-c", fetch])).toBe("hello");
  await expect(run({ ...mounts, network: false }, [executable, "-c", fetch])).rejects.toThrow("refused");
  server.close();
});

test.skipIf(isolation.kind === "none")(
  "a virtual environment works inside, however it is linked to its Python",
  async () => {
    const base = await findPython();
    const linked = join(directory, "linked");
    await promisify(execFile)(base.executable, ["-m", "venv", "--without-pip", join(directory, "venv")]);
    await symlink(join(directory, "venv/bin/python"), linked);
    const code = "import sys, ssl, json; print(sys.prefix)";
    for (const executable of [join(directory, "venv/bin/python"), linked]) {
      const python = { ...(await findPython({ python: executable })), executable };
      const prefix = await run(await pythonMounts(python), [executable, "-c", code]);
      expect([join(directory, "venv"), ...base.prefixes]).toContain(prefix);
    }
  },
);

// What an ordinary user gets is not what root gets: other namespaces, other rights.
test.skipIf(isolation.kind === "none" || !isRoot)("works for an ordinary user too", async () => {
  const nobody = { uid: 65_534, gid: 65_534 };
  expect(await run({}, ["sh", "-c", "ls / | head -1; id -u"], nobody)).toContain("65534");
});

test.skipIf(isolation.kind === "none")(
  "a link that was left in a writable directory does not lead a mount out of it",
  async () => {
    const home = join(directory, "home");
    const outside = join(directory, "outside");
    await mkdir(home);
    await mkdir(outside);
    const options: Partial<BubblewrapOptions> = {
      readOnly: [["/usr/bin", "/root/.local/share/python/bin"]],
      symlinks: [["/usr/bin/env", "/root/.local/bin/python"]],
      writable: [[home, "/root"]],
      covered: ["/root/.local"],
    };
    const look = "ls /root/.local/share/python/bin/env; readlink /root/.local/bin/python; touch /root/new";
    // Twice, since what the first leaves behind must not be in the way of the second.
    for (let count = 0; count < 2; count++) {
      expect(await run(options, ["sh", "-c", look])).toBe("/root/.local/share/python/bin/env\n/usr/bin/env");
      await expect(run(options, ["touch", "/root/.local/new"])).rejects.toThrow("Read-only");
    }
    expect(await readdir(home)).toEqual([".local", "new"]);
    expect(await readdir(join(home, ".local"))).toEqual([]);
    await rm(join(home, ".local"), { recursive: true });
    // As bubblewrap calls this machine's root while it prepares the view.
    await symlink(`/oldroot${outside}`, join(home, ".local"));
    await run(options, ["true"]).catch(() => {});
    expect(await readdir(outside)).toEqual([]);
  },
);
