import { chmod, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { findCommand } from "@seer/system";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { processesGone, processesWith } from "../support/processes.ts";

useOwnHome();
const config = { executionMode: "cli", debug: true } as const;
const installed = await findCommand("code-server");

let directory: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => vi.unstubAllEnvs());

describe.each(isolations)("with isolation %s", (isolation) => {
  test("code-server requires a password", async () => {
    await install("an editor");
    const progress: string[] = [];
    const onProgress = (line: string) => progress.push(line);
    await using sandbox = await new Sandbox(config, { isolation, onProgress }).start();
    const { codeServerUrl = "", codeServerPassword = "" } = sandbox;
    expect(codeServerPassword).toHaveLength(32);
    expect(await text(`${codeServerUrl}/login`)).toBe("an editor");
    expect(await login(sandbox, "wrong")).toBe(200);
    expect(await login(sandbox, codeServerPassword)).toBe(302);
    const argv = JSON.parse(await text(codeServerUrl)) as string[];
    expect(argv).toEqual([
      "--bind-addr",
      new URL(codeServerUrl).host,
      ...["--auth", "password", "--config", "/dev/null"],
      ...["--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"],
      (await sandbox.exec("pwd")).trim(),
    ]);
    expect(progress.join("\n")).toContain(`code-server: ${codeServerUrl} `);
    expect(progress.join("\n")).not.toContain(codeServerPassword);
    await using other = await Sandbox.fromId(sandbox.sandboxId);
    expect([other.codeServerUrl, other.codeServerPassword]).toEqual([codeServerUrl, codeServerPassword]);
    // Only the environment of code-server itself has it.
    expect(processesWith(codeServerPassword)).toHaveLength(1);
    await sandbox.terminate();
    expect(await processesGone(sandbox.sandboxId)).toEqual([]);
  });
});

test("a code-server that does not start fails the start of the sandbox with its log", async () => {
  await install("broken");
  const error = await errorOf(new ScopedSandbox({ debug: true }).start());
  expect(error.code).toBe("environment/service-failed");
  expect(error.message).toContain("[error] no editor today");
  expect(await Sandbox.list()).toEqual([]);
});

test("without an installed code-server the start fails early with install instructions", async () => {
  vi.stubEnv("PATH", directory);
  const progress: string[] = [];
  const start = new Sandbox(
    { ...config, pythonPackages: ["no-such-package"] },
    { onProgress: (line) => progress.push(line) },
  ).start();
  const error = await errorOf(start);
  expect(error.code).toBe("environment/service-failed");
  expect(error.hint).toContain("curl -fsSL https://code-server.dev/install.sh | sh");
  expect(progress.join("\n")).not.toContain("Python");
});

test.skipIf(installed === undefined)("the code-server of this machine is behind the password", async () => {
  await using sandbox = await new Sandbox(config).start();
  expect(await text(`${sandbox.codeServerUrl}/login`)).toContain("code-server");
  expect(await login(sandbox, "wrong")).toBe(200);
  expect(await login(sandbox, sandbox.codeServerPassword ?? "")).toBe(302);
});

/** As its own installer does: a directory for each version, and a link on the PATH. */
async function install(page: string): Promise<void> {
  const release = join(directory, "lib", "code-server-9.9.9");
  await mkdir(join(release, "bin"), { recursive: true });
  await mkdir(join(directory, "bin"));
  await writeFile(join(release, "package.json"), JSON.stringify({ name: "code-server" }));
  await writeFile(join(release, "page.txt"), page);
  const program = join(release, "bin", "code-server");
  await copyFile(join(import.meta.dirname, "..", "fixtures", "code-server.py"), program);
  await chmod(program, 0o755);
  await symlink(program, join(directory, "bin", "code-server"));
  vi.stubEnv("PATH", `${join(directory, "bin")}${delimiter}${process.env.PATH}`);
}

async function text(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

async function login({ codeServerUrl }: Sandbox, password: string): Promise<number> {
  const body = new URLSearchParams({ password, base: ".", href: `${codeServerUrl}/login` });
  return (await fetch(`${codeServerUrl}/login`, { method: "POST", body, redirect: "manual" })).status;
}
