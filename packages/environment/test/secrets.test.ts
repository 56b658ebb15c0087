import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { processesWith } from "./support/processes.ts";

const home = useOwnHome();
const secret = "hf_DoNotShowThisToAnybody";

beforeAll(() => vi.stubEnv("SEER_TEST_TOKEN", secret));
afterAll(() => vi.unstubAllEnvs());

describe.each(isolations)("with isolation %s", (isolation) => {
  test("a secret is in the sandbox's environment and nowhere else", async () => {
    const progress: string[] = [];
    await using sandbox = await new Sandbox(
      { executionMode: "cli", secrets: ["SEER_TEST_TOKEN"] },
      { isolation, onProgress: (line) => progress.push(line) },
    ).start();
    expect(await sandbox.exec("echo $SEER_TEST_TOKEN")).toBe(`${secret}\n`);

    const started = Promise.withResolvers<void>();
    const running = sandbox.run("echo started; sleep 0.3", { onStdout: () => started.resolve() });
    await started.promise;
    const commandLines = await Promise.all(
      processesWith(sandbox.sandboxId).map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    await running;
    expect(commandLines.length).toBeGreaterThan(0);
    expect(commandLines.join("\n")).not.toContain(secret);

    for (const file of await filesBelow(join(home, "sandboxes"))) {
      expect(await readFile(file, "utf8"), file).not.toContain(secret);
    }
    expect(progress.join("\n")).not.toContain(secret);
  });

  test("a secret is masked in errors", async () => {
    await using sandbox = await new Sandbox(
      { executionMode: "cli", secrets: ["SEER_TEST_TOKEN"] },
      { isolation },
    ).start();
    const error = await errorOf(sandbox.exec(`echo "token $SEER_TEST_TOKEN"; false ${secret}`));
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(secret);
    expect(error.message).toContain("token <SEER_TEST_TOKEN>");
    // Also where the command is shortened, within the secret.
    const long = await errorOf(sandbox.exec(`false ${"x".repeat(90)} ${secret}`));
    expect(long.message).not.toContain(secret.slice(0, secret.length / 2));
  });
});

test("a sandbox's files are readable by its user only", async () => {
  await using sandbox = await new Sandbox({ executionMode: "cli" }).start();
  const root = join(home, "sandboxes", sandbox.sandboxId);
  expect((await stat(root)).mode & 0o777).toBe(0o700);
  expect((await stat(join(root, "sandbox.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(root, "init.sock"))).mode & 0o077).toBe(0);
});

describe("in a folder with an .env", async () => {
  const folder = await temporaryDirectory();
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  test("secrets are read from it, and the environment has precedence", async () => {
    await writeFile(
      join(folder, ".env"),
      'export FROM_FILE="two words" # a comment\nSEER_TEST_TOKEN=other\nMULTI="a\nb"\n',
    );
    process.chdir(folder);
    await using sandbox = await new Sandbox({
      executionMode: "cli",
      secrets: ["FROM_FILE", "SEER_TEST_TOKEN", "MULTI"],
    }).start();
    expect(await sandbox.exec('echo "$FROM_FILE|$SEER_TEST_TOKEN|$MULTI"')).toBe(
      `two words|${secret}|a\nb\n`,
    );
  });

  test("the error names missing secrets and the places searched", async () => {
    await mkdir(join(folder, "empty"), { recursive: true });
    process.chdir(join(folder, "empty"));
    const error = await errorOf(
      new Sandbox({ executionMode: "cli", secrets: ["SEER_TEST_TOKEN", "NOT_SET", "NOR_THIS"] }).start(),
    );
    expect(error.code).toBe("environment/secret-missing");
    expect(error.message).toBe(
      `The secrets NOT_SET, NOR_THIS are set neither in the environment nor in ${process.cwd()}/.env`,
    );
    expect(error.hint).toContain("export NOT_SET=");
  });
});

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
