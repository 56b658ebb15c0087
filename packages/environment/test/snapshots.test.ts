import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { RpcClient } from "@seer/rpc";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { gitIn } from "./support/git.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useTinyPackage } from "./support/wheels.ts";

const home = useOwnHome();
const snapshots = join(home, "snapshots");
const config = { executionMode: "cli" as const };
const site = "python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))'";

beforeAll(useTinyPackage);
afterAll(() => vi.unstubAllEnvs());
// What a test that failed has left is not the next one's.
afterEach(() => rm(snapshots, { recursive: true, force: true }));

describe.each(isolations)("with isolation %s", (isolation) => {
  test("a sandbox starts with the files of an ended one", async () => {
    const sandbox = await new Sandbox({ ...config, env: { GREETING: "hello" } }, { isolation }).start();
    await sandbox.writeFile("notes/a.txt", "kept");
    await sandbox.exec("echo at home > ~/b.txt; ln -s notes/a.txt link; chmod 700 notes/a.txt");
    await sandbox.exec("mkfifo pipe; (sleep 300 >/dev/null 2>&1 &)");
    const snapshot = await sandbox.terminate({ saveSnapshot: true, snapshotDescription: "after work" });
    expect(snapshot).toMatchObject({
      description: "after work",
      backend: "local",
      kind: "sandbox",
      sandbox: { id: sandbox.sandboxId, name: sandbox.sandboxId },
    });
    expect(snapshot.bytes).toBeGreaterThan(0);
    expect(existsSync(join(home, "sandboxes", sandbox.sandboxId))).toBe(false);

    await using again = await Sandbox.fromSnapshot(snapshot, undefined, { isolation, name: "again" });
    expect(again.name).toBe("again");
    expect(await again.exec("cat link ~/b.txt; stat -c %a notes/a.txt; echo $GREETING; ls -A")).toBe(
      "keptat home\n700\nhello\nlink\nnotes\n",
    );
    // What ran in the other one does not.
    if (isolation === "bubblewrap") expect(await again.exec("pgrep sleep || echo none")).toBe("none\n");
    // What this one writes is its own.
    await again.exec("echo changed > notes/a.txt");
    await using third = await Sandbox.fromSnapshot(snapshot.id, undefined, { isolation });
    expect(await third.exec("cat notes/a.txt")).toBe("kept");
    await Sandbox.removeSnapshot(snapshot);
  });

  test("packages installed in it are restored, in addition to configured ones", async () => {
    const wheel = "seer_tiny-2.0-py3-none-any.whl";
    const local = join(process.env.PIP_FIND_LINKS ?? "", wheel);
    await using sandbox = await new Sandbox(
      { ...config, pythonPackages: ["seer-tiny==1.0"], localFiles: [[local, "/workspace/"]] },
      { isolation },
    ).start();
    if (!(await sandbox.run("pip --version")).stdout.startsWith("pip")) return;
    await sandbox.exec(`pip install --no-index --no-deps ./${wheel}`);
    // As an editable installation does, and a package with a command of its own.
    await sandbox.exec(
      `mkdir -p src/seer_mine && echo "text = 'mine'" > src/seer_mine/__init__.py && echo $PWD/src > $(${site})/mine.pth`,
    );
    const snapshot = await sandbox.snapshot();
    await sandbox.terminate();
    await using again = await Sandbox.fromSnapshot(snapshot, undefined, { isolation });
    const code = "import seer_tiny, seer_mine, sys; print(seer_tiny.__version__, seer_mine.text, sys.prefix)";
    const prefix = (await again.exec("printf $VIRTUAL_ENV")).trim();
    expect(await again.execPython(code, { cwd: "/" })).toBe(`2.0 mine ${prefix}\n`);
    expect(await again.exec("seer-tiny")).toBe(`seer_tiny ${prefix}\n`);
    await Sandbox.removeSnapshot(snapshot);
  });

  test("repositories keep their paths, and interfaces can be served", async () => {
    const repository = await makeRepository();
    const folder = await temporaryDirectory();
    const file = join(folder, "interface.py");
    await writeFile(
      file,
      "from pathlib import Path\n\n@expose\ndef read() -> str:\n    return Path('note').read_text()\n",
    );
    const scoped = await new ScopedSandbox(
      { ...config, repos: [{ url: `file://${repository}` }] },
      { isolation },
    ).start();
    await scoped.exec("echo noted > note");
    const snapshot = await scoped.terminate({ saveSnapshot: true });
    expect(snapshot.kind).toBe("scoped");
    await rm(repository, { recursive: true });
    await using again = await ScopedSandbox.fromSnapshot(snapshot, undefined, { isolation });
    const [repo] = again.repoHandles;
    expect(await again.exec(`cat ${repo?.path}/readme`)).toBe("from git\n");
    expect(repo?.commit).toMatch(/^[0-9a-f]{40}$/);
    await again.serve(file, { exposeAs: "prompt" });
    const [served] = again.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("read")).toBe("noted\n");
    await Sandbox.removeSnapshot(snapshot);
  });

  test("no file of a sandbox makes a snapshot fail", async () => {
    const reports: string[] = [];
    const sandbox = await new Sandbox(config, {
      isolation,
      onProgress: (text) => reports.push(text),
    }).start();
    await sandbox.exec("echo kept > file");
    const code = `
import os
for _ in range(450):
    os.mkdir("x\\u001b")
    os.chdir("x\\u001b")
`;
    await sandbox.execPython(code);
    await sandbox.exec(
      "(while :; do ln -sfn / a; rm a; mkdir a; rmdir a; echo > a; rm a; done) > log 2>&1 &",
    );
    const snapshot = await sandbox.terminate({ saveSnapshot: true });
    expect(snapshot.leftOut).toEqual([expect.stringContaining("/workspace/x\u001b/x\u001b/")]);
    expect(await Sandbox.listSnapshots()).toEqual([snapshot]);
    const said = reports.filter((text) => text.startsWith("Not in the snapshot"));
    expect(said).toEqual([expect.stringContaining('"/workspace/x\\u001b/x\\u001b/')]);
    await using again = await Sandbox.fromSnapshot(snapshot, undefined, { isolation });
    expect(await again.exec("cat file")).toBe("kept\n");
    await Sandbox.removeSnapshot(snapshot);
    expect(await readdir(snapshots)).toEqual([]);
  });

  test("links in a sandbox's environment do not lead a restore outside it", async () => {
    const outside = await temporaryDirectory();
    await writeFile(join(outside, "rc"), "precious");
    await using sandbox = await new Sandbox(config, { isolation }).start();
    await sandbox.exec(
      `rm $VIRTUAL_ENV/pyvenv.cfg $VIRTUAL_ENV/bin/pip && ln -s ${outside}/rc $VIRTUAL_ENV/pyvenv.cfg && ` +
        `ln -s ${outside}/rc $VIRTUAL_ENV/bin/pip && mv $VIRTUAL_ENV/lib $VIRTUAL_ENV/old && ln -s ${outside} $VIRTUAL_ENV/lib`,
    );
    const snapshot = await sandbox.snapshot();
    await using again = await Sandbox.fromSnapshot(snapshot, undefined, { isolation });
    expect(await again.execPython("print('works')")).toBe("works\n");
    expect(await readFile(join(outside, "rc"), "utf8")).toBe("precious");
    expect(await readdir(outside)).toEqual(["rc"]);
    await Sandbox.removeSnapshot(snapshot);
  });
});

test("a snapshot taken with one kind of isolation starts with the other", async () => {
  if (isolations.length < 2) return;
  await using sandbox = await new Sandbox(config, { isolation: "bubblewrap" }).start();
  await sandbox.exec(`echo /workspace/src > $(${site})/mine.pth`);
  await sandbox.writeFile("src/seer_mine.py", "text = 'mine'");
  const first = await sandbox.snapshot();
  await using bare = await Sandbox.fromSnapshot(first, undefined, { isolation: "none" });
  expect(await bare.execPython("import seer_mine; print(seer_mine.text)")).toBe("mine\n");
  const second = await bare.snapshot();
  await using back = await Sandbox.fromSnapshot(second, undefined, { isolation: "bubblewrap" });
  expect(await back.execPython("import seer_mine; print(seer_mine.__file__)")).toBe(
    "/workspace/src/seer_mine.py\n",
  );
  await Sandbox.removeSnapshot(first);
  await Sandbox.removeSnapshot(second);
});

test("snapshots are kept, listed and removed, and readable by their user only", async () => {
  await using sandbox = await new Sandbox(config).start({ name: "source" });
  const first = await sandbox.snapshot("one");
  const second = await sandbox.snapshot("two");
  expect(await Sandbox.listSnapshots()).toEqual([first, second]);
  expect(second.sandbox).toEqual({ id: sandbox.sandboxId, name: "source" });
  expect((await stat(join(snapshots, first.id))).mode & 0o777).toBe(0o700);
  expect((await stat(join(snapshots, first.id, "record.json"))).mode & 0o777).toBe(0o600);
  await Sandbox.removeSnapshot(first.id);
  expect(await Sandbox.listSnapshots()).toEqual([second]);
  await Sandbox.removeSnapshot(second);
  expect(await readdir(snapshots)).toEqual([]);
  const error = await errorOf(Sandbox.fromSnapshot(second));
  expect(error).toMatchObject({
    code: "environment/snapshot-not-found",
    hint: "This machine has no snapshots.",
  });
  expect((await errorOf(Sandbox.removeSnapshot("../../etc"))).code).toBe("environment/snapshot-not-found");
});

test("a snapshot taken by an attached process has the sandbox's configuration", async () => {
  vi.stubEnv("SEER_TEST_TOKEN", "sk-DoNotShowThisToAnybody");
  const model = join(await temporaryDirectory(), "tiny-secret");
  await mkdir(model);
  await writeFile(join(model, "weights.bin"), "weights");
  const models = [{ name: model, hidden: true }];
  await using sandbox = await new Sandbox({
    ...config,
    models,
    secrets: ["SEER_TEST_TOKEN"],
    env: { A: "b" },
  }).start();
  await using taken = await Sandbox.fromId(sandbox.sandboxId);
  const snapshot = await taken.snapshot();
  const kept = await readFile(join(snapshots, snapshot.id, "record.json"), "utf8");
  expect(kept).not.toContain("sk-DoNotShow");
  await sandbox.terminate();
  // A secret is looked up anew, as it is then.
  vi.stubEnv("SEER_TEST_TOKEN", "sk-Another");
  await using again = await Sandbox.fromSnapshot(snapshot);
  expect(await again.exec("echo $A $SEER_TEST_TOKEN; cat $MODEL_MODEL_PATH/weights.bin")).toBe(
    "b sk-Another\nweights",
  );
  await Sandbox.removeSnapshot(snapshot);
});

test("a given configuration replaces the saved one, but the backend cannot change", async () => {
  await using sandbox = await new Sandbox({ ...config, env: { A: "old" } }).start();
  const snapshot = await sandbox.snapshot();
  const packages = ["seer-tiny==1.0"];
  await using again = await Sandbox.fromSnapshot(snapshot, { ...config, pythonPackages: packages });
  expect(
    await again.exec("printenv A || echo none; python -c 'import seer_tiny; print(seer_tiny.__version__)'"),
  ).toBe("none\n1.0\n");
  vi.stubEnv("SEER_BACKEND", "modal");
  await using local = await Sandbox.fromSnapshot(snapshot, config);
  expect(local.isolation.kind).not.toBe("remote");
  vi.stubEnv("SEER_BACKEND", undefined);
  const error = await errorOf(Sandbox.fromSnapshot(snapshot, { ...config, backend: "modal" }));
  expect(error.code).toBe("environment/unsupported");
  expect(error.message).toContain(snapshot.id);
  await Sandbox.removeSnapshot(snapshot);
});

test("a snapshot that is aborted, or whose sandbox ends meanwhile, leaves nothing behind", async () => {
  const sandbox = await new Sandbox(config).start();
  await sandbox.exec("for i in $(seq 3000); do echo $i > $i; done");
  const reason = new Error("enough");
  const early = sandbox.snapshot("", { signal: AbortSignal.abort(reason) });
  await expect(early).rejects.toBe(reason);
  const controller = new AbortController();
  const aborted = sandbox.snapshot("", { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 60);
  await expect(aborted).rejects.toBe(reason);
  expect(await readdir(snapshots)).toEqual([]);
  const during = errorOf(sandbox.snapshot());
  setTimeout(() => void sandbox.terminate(), 60);
  expect((await during).code).toBe("environment/ended");
  await sandbox.terminate();
  expect(await readdir(snapshots)).toEqual([]);
  expect((await errorOf(sandbox.terminate({ saveSnapshot: true }))).code).toBe("environment/ended");
});

test("the incomplete snapshot of a killed process is removed", async () => {
  await mkdir(join(snapshots, "sn-aaaaaaaaaa", "files"), { recursive: true });
  const dead = JSON.stringify({ pid: process.pid, startedAt: "1" });
  await writeFile(join(snapshots, "sn-aaaaaaaaaa", "maker.json"), dead);
  expect(await Sandbox.listSnapshots()).toEqual([]);
  expect(await readdir(snapshots)).toEqual([]);
});

test.runIf(isolations.includes("bubblewrap" as never))(
  "a full disk is reported, and nothing is left behind",
  async () => {
    const folder = await temporaryDirectory();
    const program = join(import.meta.dirname, "fixtures", "full-disk.ts");
    // A small disk of its own, which nothing but a file system can be.
    const { stdout } = await promisify(execFile)(
      "bwrap",
      [
        ...["--dev-bind", "/", "/", "--size", String(8 << 20), "--tmpfs", folder],
        ...["--", process.execPath, program, folder],
      ],
      { env: process.env },
    );
    const full = { code: "environment/disk-full", hint: expect.stringContaining("Free disk space") };
    const last = { ...full, hint: expect.stringContaining("without `saveSnapshot`") };
    const expected = { snapshot: full, left: [], last, alive: "alive\n", start: full, sandboxes: [] };
    expect(JSON.parse(stdout)).toEqual(expected);
  },
);

async function makeRepository(): Promise<string> {
  const folder = join(await temporaryDirectory(), "source");
  await mkdir(folder);
  await writeFile(join(folder, "readme"), "from git\n");
  const git = gitIn(folder);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "first");
  return folder;
}
