import { execFile } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findIsolation, findPython } from "@seer/rpc/launch";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startSession, temporaryDirectory } from "./session-fixture.ts";

const isIsolated = (await findIsolation()).kind === "bubblewrap";

afterEach(() => vi.unstubAllEnvs());

test.skipIf(!isIsolated)(
  "an interpreter that a package's build has replaced is not started outside",
  async () => {
    const sources = await temporaryDirectory();
    const outside = await temporaryDirectory();
    const replace = `
python = os.path.realpath("bin/python")
os.remove("bin/python")
with open("bin/python", "w") as file:
    file.write(f"#!/bin/sh\\ntouch ${outside}/ran\\nexec {python} \\"$@\\"\\n")
os.chmod("bin/python", 0o755)
`;
    const script = join(import.meta.dirname, "../../../environment/test/fixtures/make_tampering.py");
    await promisify(execFile)((await findPython()).executable, [script, sources, replace]);
    vi.stubEnv("PIP_NO_INDEX", "1");
    vi.stubEnv("PIP_FIND_LINKS", sources);
    vi.stubEnv("SEER_HOME", await temporaryDirectory());
    const session = await startSession({ pythonPackages: ["tampering"] });
    expect((await session.exec("6 * 7")).result).toBe("42");
    expect(await readdir(outside)).toEqual([]);
  },
);

describe.skipIf(!isIsolated)(
  "a session's directory that contains what runs outside of the isolation is refused",
  () => {
    const refused = async (options: Parameters<typeof startSession>[0]) =>
      await expect(startSession(options)).rejects.toMatchObject({
        code: "execution/unusable-directory",
        message: expect.stringContaining("which is used outside of the isolation"),
      });

    test("the interpreter, or a link to it", async () => {
      const workspaceDir = await temporaryDirectory();
      const { executable } = await findPython();
      await symlink(executable, join(workspaceDir, "python"));
      await refused({ workspaceDir, python: join(workspaceDir, "python") });
      const elsewhere = join(await temporaryDirectory(), "python");
      await symlink(join(workspaceDir, "python"), elsewhere);
      await refused({ workspaceDir, python: elsewhere });
      vi.stubEnv("SEER_PYTHON", elsewhere);
      await refused({ workspaceDir });
    });

    test("a directory of the PATH", async () => {
      const workspaceDir = await temporaryDirectory();
      await mkdir(join(workspaceDir, "bin"));
      vi.stubEnv("PATH", `${join(workspaceDir, "bin")}${delimiter}${process.env.PATH}`);
      await refused({ workspaceDir });
    });

    test("Seer itself, and its home", async () => {
      await refused({ workspaceDir: join(import.meta.dirname, "../../../..") });
      const home = await temporaryDirectory();
      vi.stubEnv("SEER_HOME", join(home, ".seer"));
      await refused({ workspaceDir: home });
    });
  },
);
