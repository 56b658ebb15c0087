import { execFile } from "node:child_process";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { Sandbox } from "../src/index.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

const home = useOwnHome();
let url: string;
let firstCommit: string;

beforeAll(async () => {
  const folder = await temporaryDirectory();
  const work = join(folder, "work");
  const git = gitIn(work);
  await promisify(execFile)("git", ["init", "--quiet", "--initial-branch=main", work]);
  const commit = async (text: string) => {
    await writeFile(join(work, "circuits.py"), `version = ${JSON.stringify(text)}\n`);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", text);
  };
  // A build backend inside the repository, so that installing needs no package index.
  await writeFile(
    join(work, "pyproject.toml"),
    '[project]\nname = "circuits"\nversion = "1.0"\n\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  await copyFile(join(import.meta.dirname, "fixtures", "build_backend.py"), join(work, "backend.py"));
  await commit("first");
  firstCommit = await git("rev-parse", "HEAD");
  await git("tag", "v1");
  await commit("second");
  await git("checkout", "--quiet", "-b", "feature/x");
  await commit("feature");
  await git("checkout", "--quiet", "main");
  await promisify(execFile)("git", ["clone", "--quiet", "--bare", work, join(folder, "circuits.git")]);
  url = `file://${folder}/circuits.git`;
});

test.each([
  [undefined, "second"],
  ["v1", "first"],
  ["feature/x", "feature"],
  ["main", "second"],
])("ref %s is checked out", async (ref, expected) => {
  await using sandbox = await new Sandbox({ executionMode: "cli", repos: [{ url, ref }] }).start();
  expect(await sandbox.exec("cat circuits/circuits.py")).toBe(`version = "${expected}"\n`);
  const [repo] = sandbox.repoHandles;
  expect(repo).toMatchObject({ url, path: "/workspace/circuits", installed: false });
  expect(await sandbox.exec("git -C circuits rev-parse HEAD")).toBe(`${repo?.commit}\n`);
});

test("a commit is checked out", async () => {
  await using sandbox = await new Sandbox({
    executionMode: "cli",
    repos: [{ url, ref: firstCommit.slice(0, 12) }],
  }).start();
  expect(sandbox.repoHandles[0]?.commit).toBe(firstCommit);
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test("install makes it importable in editable mode, in this sandbox only", async () => {
    const code = "import circuits; print(circuits.version)";
    {
      await using sandbox = await new Sandbox(
        { executionMode: "cli", repos: [{ url, install: true }] },
        { isolation },
      ).start();
      expect(sandbox.repoHandles[0]?.installed).toBe(true);
      expect(await sandbox.execPython(code, { cwd: "/" })).toBe("second\n");
      await sandbox.writeFile("/workspace/circuits/circuits.py", "version = 'edited'");
      expect(await sandbox.execPython(code, { cwd: "/" })).toBe("edited\n");
    }
    await using other = await new Sandbox({ executionMode: "cli" }, { isolation }).start();
    expect((await errorOf(other.execPython(code))).message).toContain("No module named 'circuits'");
  });
});

test("an unknown ref is reported with git's message, and leaves nothing behind", async () => {
  const error = await errorOf(
    new Sandbox({ executionMode: "cli", repos: [{ url, ref: "nowhere" }] }).start(),
  );
  expect(error.code).toBe("environment/repo-failed");
  expect(error.message).toMatch(/^file:.* has no nowhere:\n.*nowhere/);
  expect((await readdir(join(home, "sandboxes"))).filter((name) => name.startsWith("sb-"))).toEqual([]);
});

test("an unknown repository is reported without the token in its URL", async () => {
  const error = await errorOf(
    new Sandbox({ executionMode: "cli", repos: [{ url: `${url}.missing` }] }).start(),
  );
  expect(error.code).toBe("environment/repo-failed");
  expect(error.message).toMatch(
    /circuits\.git\.missing cannot be cloned:\n.*not appear to be a git repository/s,
  );

  const withToken = "http://someone:ghp_secret@127.0.0.1:9/x.git";
  const refused = await errorOf(new Sandbox({ executionMode: "cli", repos: [{ url: withToken }] }).start());
  expect(refused.message).toContain("http://127.0.0.1:9/x.git cannot be cloned");
  expect(refused.message).not.toContain("ghp_secret");
});

test("two repositories with the same name are rejected before the start", async () => {
  const error = await errorOf(
    new Sandbox({ executionMode: "cli", repos: [{ url: "a/circuits" }, { url: "b/circuits" }] }).start(),
  );
  expect(error).toMatchObject({
    code: "environment/path-conflict",
    message: "a/circuits and b/circuits both have the target /workspace/circuits",
  });
});
