import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { findIsolation, findPython } from "@seer/rpc/launch";
import { findCommand, pythonEnvironment } from "@seer/system";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useTinyPackage } from "./support/wheels.ts";

useOwnHome();
const isIsolated = (await findIsolation()).kind === "bubblewrap";
const config = { executionMode: "cli" as const, pythonPackages: ["tampering"] };
const run = promisify(execFile);
let wheels: string;
let outside: string;

beforeEach(async () => {
  wheels = await useTinyPackage();
  vi.stubEnv("SEER_HOME", await temporaryDirectory());
  outside = await temporaryDirectory();
  await writeFile(join(outside, "script"), "#!/bin/sh\necho s3cret\n");
});
afterEach(() => vi.unstubAllEnvs());

const uv = await findCommand("uv");
const pathWithoutUv = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !existsSync(join(folder, "uv")))
  .join(delimiter);

describe.each(isolations)("with isolation %s", (kind) => {
  async function expectNothingStarted(): Promise<void> {
    for (const name of ["PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"])
      vi.stubEnv(name, "http://me:s3cret@127.0.0.1:9/simple");
    const script = join(import.meta.dirname, "fixtures", "make_wheel.py");
    const code = "import sys; open(sys.prefix + '/started', 'w').close()";
    await run((await findPython()).executable, [script, wheels, "starting", "1.0", code]);
    const { directory, sitePackages } = await pythonEnvironment(
      { packages: ["starting", "seer-tiny==1.0"] },
      { onProgress: () => {}, isolation: kind === "none" ? { kind } : await findIsolation() },
    );
    expect(await readdir(directory)).not.toContain("started");
    // Sandboxes see the environment read-only, so it must be compiled.
    const compiled = await readdir(join(directory, sitePackages, "__pycache__"));
    expect(compiled).toEqual([expect.stringMatching(/^seer_tiny\.cpython-\d+\.pyc$/)]);
    await run(join(directory, "bin", "python"), ["-c", "pass"]);
    expect(await readdir(directory)).toContain("started");
  }

  test("pip, which has the index's password, starts no code of a wheel", async () => {
    vi.stubEnv("PATH", pathWithoutUv);
    await expectNothingStarted();
  });

  test.skipIf(uv === undefined)("nor does uv", expectNothingStarted);
});

async function makeTampering(action: string): Promise<void> {
  const script = join(import.meta.dirname, "fixtures", "make_tampering.py");
  await run((await findPython()).executable, [script, wheels, action]);
}

test.skipIf(!isIsolated).each([
  ["pyvenv.cfg", "os.remove('pyvenv.cfg')"],
  ["bin/tool", "pass"],
])("a build cannot copy a file of this machine into sandboxes by a link, %s", async (path, before) => {
  await makeTampering(`${before}; os.symlink('${outside}/script', '${path}')`);
  const error = await errorOf(new Sandbox(config).start());
  expect(error.code).toBe("environment/package-install-failed");
  expect(error.message).toMatch(
    new RegExp(`build has left \\S+/${path} in the environment, which is a link to ${outside}/script$`),
  );
});

test.skipIf(!isIsolated)("a build cannot leave a pipe, at which a start would wait for ever", async () => {
  await makeTampering("os.mkfifo('bin/tool')");
  const error = await errorOf(new Sandbox(config).start());
  expect(error.message).toMatch(/bin\/tool in the environment, which is neither a file nor a directory$/);
});
