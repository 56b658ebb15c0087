import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findPython } from "../../src/launch/index.ts";

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "seer-python-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(bin, { recursive: true });
});

const program = async (name: string, body: string) => {
  const path = join(bin, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
};
const answering = (version: string) =>
  `echo '["/opt/${version}/bin/python", [${version.replaceAll(".", ",")}], ["/opt/${version}"]]'`;

test("finds the one on the PATH", async () => {
  const { executable, version, prefixes } = await findPython();
  expect(executable).toMatch(/python/);
  expect(version[0]).toBe(3);
  expect(executable.startsWith(prefixes[0] as string)).toBe(true);
});

test("a variable of Python's launchers does not change its path", async () => {
  const { executable } = await findPython();
  // A new search: what was found is kept for each PATH.
  vi.stubEnv("PATH", `${process.env.PATH}:${bin}`);
  vi.stubEnv("__PYVENV_LAUNCHER__", join(bin, "python"));
  expect((await findPython()).executable).toBe(executable);
});

test("passes over an old `python3` for a newer one of another name", async () => {
  vi.stubEnv("PATH", bin);
  vi.stubEnv("SEER_PYTHON", "");
  await program("python3", answering("3.8.10"));
  await program("python3.12", answering("3.12.1"));
  expect((await findPython()).version).toEqual([3, 12, 1]);
});

test("names every interpreter that was found when none will do", async () => {
  vi.stubEnv("PATH", bin);
  vi.stubEnv("SEER_PYTHON", "");
  await program("python3", answering("3.8.10"));
  await program("python", "echo 'no such version' >&2; exit 1");
  await expect(findPython()).rejects.toMatchObject({
    code: "rpc/no-python",
    message: "The host needs Python 3.10 or newer: found python3: version 3.8.10; python: no such version",
  });
});

test("says so when there is none at all, and finds one that is installed then", async () => {
  vi.stubEnv("PATH", bin);
  vi.stubEnv("SEER_PYTHON", "");
  await expect(findPython()).rejects.toThrow("none was found on the PATH");
  await program("python3", answering("3.11.0"));
  expect((await findPython()).version).toEqual([3, 11, 0]);
});

test("SEER_PYTHON is used and nothing else", async () => {
  vi.stubEnv("SEER_PYTHON", await program("mine", answering("3.9.2")));
  await expect(findPython()).rejects.toThrow(/mine: version 3.9.2; the host needs Python 3.10 or newer/);
  await expect(findPython({ python: "/no/such/python" })).rejects.toThrow("/no/such/python: not found");
});
