import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findIsolation, findPython } from "@seer/rpc/launch";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useTinyPackage } from "./support/wheels.ts";

useOwnHome();
const isIsolated = (await findIsolation()).kind === "bubblewrap";
const config = { executionMode: "cli" as const, pythonPackages: ["tampering"] };
let wheels: string;
let outside: string;

beforeEach(async () => {
  wheels = await useTinyPackage();
  vi.stubEnv("SEER_HOME", await temporaryDirectory());
  outside = await temporaryDirectory();
  await writeFile(join(outside, "script"), "#!/bin/sh\necho s3cret\n");
});
afterEach(() => vi.unstubAllEnvs());

async function makeTampering(action: string): Promise<void> {
  const script = join(import.meta.dirname, "fixtures", "make_tampering.py");
  await promisify(execFile)((await findPython()).executable, [script, wheels, action]);
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
