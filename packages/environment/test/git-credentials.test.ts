import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Sandbox } from "../src/index.ts";
import { type GitServer, serveGit } from "./support/git-server.ts";
import { isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();

describe.each([
  ["token:secret", "token:secret"],
  ["ghp_token", "ghp_token:"],
  ["me%40lab:pa%2Fss", "me@lab:pa/ss"],
  ["me:pa/ss", "me:pa/ss"],
])("the login %s of a git URL", (written, login) => {
  let git: GitServer;
  let withLogin: string;

  beforeAll(async () => {
    git = await serveGit(await temporaryDirectory(), login);
    withLogin = git.url.replace("://", `://${written}@`);
  });
  afterAll(() => git[Symbol.asyncDispose]());

  test.each(isolations)("is on no command line and in no file with isolation %s", async (isolation) => {
    await using sandbox = await new Sandbox(
      { executionMode: "cli", repos: [{ url: withLogin, ref: "v1" }] },
      { isolation },
    ).start();
    expect(sandbox.repoHandles).toMatchObject([{ commit: git.commit }]);
    expect(await sandbox.exec("git -C circuits remote get-url origin")).toBe(`${git.url}\n`);
    expect(await sandbox.exec(`grep -rF '${written}' circuits || echo nowhere`)).toBe("nowhere\n");
    expectNoLogin(git, [written, ...login.split(":").filter((part) => part !== "")]);
  });
});

test("credentials in a package's git URL are on no command line", async () => {
  await using git = await serveGit(await temporaryDirectory(), "token:secret");
  await using sandbox = await new Sandbox({
    executionMode: "cli",
    pythonPackages: [`circuits @ git+${git.url.replace("://", "://token:secret@")}@v1`],
  }).start();
  expect(
    await sandbox.execPython("from importlib import metadata; print(metadata.version('circuits'))"),
  ).toBe("1.0\n");
  expectNoLogin(git, ["token", "secret"]);
});

test("existing variables that configure git are kept", async () => {
  await using git = await serveGit(await temporaryDirectory(), "token:secret");
  process.env.GIT_CONFIG_COUNT = "1";
  process.env.GIT_CONFIG_KEY_0 = `url.${git.url}.insteadOf`;
  process.env.GIT_CONFIG_VALUE_0 = `${git.url.replace("circuits", "moved")}`;
  try {
    const url = git.url.replace("circuits", "moved").replace("://", "://token:secret@");
    await using sandbox = await new Sandbox({ executionMode: "cli", repos: [{ url, ref: "v1" }] }).start();
    expect(sandbox.repoHandles[0]?.commit).toBe(git.commit);
  } finally {
    for (const name of ["COUNT", "KEY_0", "VALUE_0"]) delete process.env[`GIT_CONFIG_${name}`];
  }
});

function expectNoLogin({ commandLines }: GitServer, secrets: readonly string[]): void {
  expect(commandLines.join("\n")).toMatch(/git.* http:/);
  for (const secret of secrets) expect(commandLines.filter((line) => line.includes(secret))).toEqual([]);
}
