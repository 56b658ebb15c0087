import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findIsolation } from "@seer/rpc/launch";
import { Library, Skill, Workspace } from "@seer/workspace";
import { expect, test, vi } from "vitest";
import { createLocalSession } from "../../src/index.ts";
import { startSession, temporaryDirectory } from "./session-fixture.ts";

test("a workspace is there when the session is", async () => {
  const source = await temporaryDirectory();
  await writeFile(join(source, "data.bin"), Uint8Array.of(0, 255));
  const progress: string[] = [];
  const session = await startSession({
    workspaceDir: join(source, "new/workspace"),
    onProgress: (message) => progress.push(message),
    workspace: new Workspace({
      libraries: [Library.fromCode("def twice(x):\n    return 2 * x\n", { name: "helpers" })],
      skills: [Skill.create({ name: "probing", description: "Probes.", instructions: "" })],
      localFiles: [[join(source, "data.bin"), "data/data.bin"]],
      customInitCode: "import helpers\nfour = helpers.twice(2)",
    }),
  });
  const { result } = await session.exec(`
import os
(four, open('data/data.bin', 'rb').read(), os.getcwd(), os.path.exists('.claude/skills/probing/SKILL.md'))`);
  expect(result).toBe(`(4, b'\\x00\\xff', '${session.workspaceDir}', True)`);
  expect(progress).toEqual([expect.stringContaining("starting Python")]);
  expect((await stat(session.workspaceDir)).mode & 0o777).toBe(0o700);
});

test("libraries are importable from programs that a cell starts", async () => {
  const workspace = new Workspace({ libraries: [Library.fromCode("answer = 42\n", { name: "helpers" })] });
  const session = await startSession({ workspace });
  const code =
    "import subprocess, sys; subprocess.check_output([sys.executable, '-c', 'import helpers; print(helpers.answer)'])";
  expect((await session.exec(code)).result).toBe("b'42\\n'");
});

test("a library may be called like a file of ours", async () => {
  const libraries = ["cell", "session", "errors"].map((name) => Library.fromCode("mine = True\n", { name }));
  const session = await startSession({ workspace: new Workspace({ libraries }) });
  const { result } = await session.exec("import cell, session, errors; cell.mine, session.mine, errors.mine");
  expect(result).toBe("(True, True, True)");
});

test("a module that the code writes is importable, but does not hide a library", async () => {
  const workspace = new Workspace({
    libraries: [Library.fromCode("whose = 'library'\n", { name: "helpers" })],
  });
  const session = await startSession({ workspace });
  await session.exec("for name in ('mine', 'helpers'): open(f'{name}.py', 'w').write(\"whose = 'code'\")");
  expect((await session.exec("import mine, helpers; mine.whose, helpers.whose")).result).toBe(
    "('code', 'library')",
  );
});

test("setup() adds to what is there", async () => {
  const first = new Workspace({
    libraries: [Library.fromCode("n = 1\n", { name: "one" })],
    customInitCode: "a = 1",
  });
  const second = new Workspace({
    libraries: [Library.fromCode("n = 2\n", { name: "two" })],
    customInitCode: "b = a + 1",
  });
  const session = await startSession({ workspace: first });
  await session.exec("x = 1");
  await session.setup(second);
  expect((await session.exec("import one, two; one.n, two.n, a, b, x")).result).toBe("(1, 2, 1, 2, 1)");
  await session.restart();
  expect((await session.exec("import one, two; one.n, two.n, a, b")).result).toBe("(1, 2, 1, 2)");
});

test("a failure of the init code shows its traceback and leaves nothing running", async () => {
  const workspaceDir = await temporaryDirectory();
  const workspace = new Workspace({
    customInitCode: "import os\nopen('pid', 'w').write(str(os.getppid()))\n1 / 0",
  });
  const started = createLocalSession({ workspaceDir, name: "test", workspace, isolate: "none" });
  await expect(started).rejects.toMatchObject({
    code: "execution/setup-failed",
    pythonType: "ZeroDivisionError",
    message: expect.stringContaining("customInitCode"),
    traceback: expect.stringContaining('File "<custom init code>", line 3, in <module>\n    1 / 0'),
  });
  const host = Number(await readFile(join(workspaceDir, "pid"), "utf8"));
  expect(() => process.kill(host, 0)).toThrow("ESRCH");
});

test.each<[object, RegExp]>([
  [{ name: "my session" }, /name: expected letters, digits/],
  [{ name: "" }, /name: /],
  [{ isolate: "docker" }, /isolate: /],
  [{ env: { "A B": "" } }, /env\.A B: expected the name of an environment variable/],
  [{ workspace_dir: "x" }, /unknown key `workspace_dir`; did you mean `workspaceDir`\?/],
])("%j is an error", async (options, message) => {
  await expect(startSession(options)).rejects.toThrow(message);
});

test("a directory that cannot be one is an error", async () => {
  const file = join(await temporaryDirectory(), "file");
  await writeFile(file, "");
  await expect(startSession({ workspaceDir: file })).rejects.toMatchObject({
    code: "execution/unusable-directory",
  });
});

test("an interpreter that is missing is an error", async () => {
  await expect(startSession({ python: "/nowhere/python" })).rejects.toMatchObject({
    code: "rpc/no-python",
    message: expect.stringContaining("/nowhere/python"),
  });
});

test("an aborted signal ends the start", async () => {
  await expect(startSession({ signal: AbortSignal.abort(new Error("changed my mind")) })).rejects.toThrow(
    "changed my mind",
  );
});

test("variables of this process stay out, those given get in", async () => {
  vi.stubEnv("OPENAI_API_KEY", "secret");
  const session = await startSession({ env: { GREETING: "hello" } });
  vi.unstubAllEnvs();
  const { result } = await session.exec(
    "import os; os.environ.get('OPENAI_API_KEY'), os.environ['GREETING'], os.environ['MPLBACKEND']",
  );
  expect(result).toBe("(None, 'hello', 'Agg')");
});

const { kind } = await findIsolation();

test.runIf(kind === "bubblewrap")(
  "isolated code sees the workspace and nothing else of the user's",
  async () => {
    const outside = await temporaryDirectory();
    await writeFile(join(outside, "secret.txt"), "x");
    const session = await startSession();
    expect(session.isolation).toEqual({ kind: "bubblewrap" });
    const { result } = await session.exec(`
import os
def can_write(path):
    try:
        open(path, "w").close()
        return True
    except OSError:
        return False
{
    "secret": os.path.exists(${JSON.stringify(join(outside, "secret.txt"))}),
    "home": os.path.expanduser("~") == os.getcwd(),
    "workspace": can_write("mine.txt"),
    "usr": can_write("/usr/mine.txt"),
    "root": can_write("/mine.txt"),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")) < 10,
}`);
    expect(result).toBe(
      "{'secret': False, 'home': True, 'workspace': True, 'usr': False, 'root': False, 'processes': True}",
    );
  },
);

test("without isolation the session says so", async () => {
  const session = await startSession({ isolate: "none" });
  expect(session.isolation).toEqual({ kind: "none", reason: 'isolate is "none"' });
  expect((await session.exec("1 + 1")).result).toBe("2");
});
