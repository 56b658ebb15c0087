import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { findIsolation, launchHost } from "../../src/launch/index.ts";
import {
  interfaceFile,
  processesWith,
  python,
  startHost,
  temporaryDirectory,
} from "../fixtures/real-host.ts";

const isolation = await findIsolation();
const kinds = isolation.kind === "none" ? (["none"] as const) : (["none", "bubblewrap"] as const);
const owner = fileURLToPath(new URL("../fixtures/owner.ts", import.meta.url));

/** A variable that every process of a host inherits, so that those left over can be found. */
const mark = () => {
  const value = randomUUID();
  return { env: { SEER_TEST_MARK: value }, variable: `SEER_TEST_MARK=${value}` };
};

test.each(kinds)("a host is up, serves, and is gone after close (%s)", async (kind) => {
  const { env, variable } = mark();
  const host = await startHost({ env, isolation: { kind } });
  await using client = await host.client();
  expect(await client.call("add", [1, 2])).toBe(3);
  expect((await processesWith(variable)).length).toBeGreaterThanOrEqual(2);
  void client.call("sleep", [60]).catch(() => {});
  await Promise.all([host.close(), host.close()]);
  await host.exited;
  // The system may take a moment to clear the namespace of a bubblewrap that has ended.
  await expect.poll(() => processesWith(variable)).toEqual([]);
});

const ends: [string, string[], NodeJS.Signals | undefined][] = [
  ["kill -9", [], "SIGKILL"],
  ["SIGTERM", [], "SIGTERM"],
  ["Ctrl-C", [], "SIGINT"],
  ["process.exit", ["exit"], undefined],
];
test.each(kinds.flatMap((kind) => ends.map((end) => [kind, ...end] as const)))(
  "nothing is left of a host (%s) whose owner ends by %s",
  async (kind, _end, args, signal) => {
    const { env, variable } = mark();
    const options = JSON.stringify({ env, isolation: { kind } });
    const child: ChildProcess = spawn(process.execPath, [owner, options, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    expect((await processesWith(variable)).length).toBeGreaterThanOrEqual(2);
    if (signal !== undefined) child.kill(signal);
    await once(child, "exit");
    await expect.poll(() => processesWith(variable)).toEqual([]);
  },
);

test.each(kinds)("a host that is killed takes its worker with it (%s)", async (kind) => {
  const { env, variable } = mark();
  await using host = await startHost({ env, isolation: { kind } });
  await using client = await host.client();
  // Where bubblewrap is what is killed, the host may live just long enough to see its worker go, and say so.
  const code =
    kind === "none" ? "rpc/unreachable" : expect.stringMatching(/^rpc\/(unreachable|worker-died)$/);
  const call = expect(client.call("sleep", [60])).rejects.toMatchObject({ code });
  process.kill(host.pid, "SIGKILL");
  await call;
  expect(await host.exited).toEqual({ code: null, signal: "SIGKILL" });
  await expect.poll(() => processesWith(variable)).toEqual([]);
});

test("its environment has what programs need and none of this process's secrets", async () => {
  vi.stubEnv("OPENAI_API_KEY", "sk-1");
  vi.stubEnv("PYTHONPATH", "/mine");
  await using directory = await temporaryDirectory();
  await using host = await startHost({ cwd: directory.path, env: { EXTRA: "1" } });
  await using client = await host.client();
  const { cwd, variables } = (await client.call("where")) as { cwd: string; variables: string[] };
  expect(cwd).toBe(directory.path);
  expect(variables).toEqual(expect.arrayContaining(["PATH", "HOME", "EXTRA"]));
  expect(variables).not.toContain("OPENAI_API_KEY");
  expect(variables).not.toContain("PYTHONPATH");
  vi.unstubAllEnvs();
});

test("files in the working directory do not stand in for the standard library's", async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, "asyncio.py"), "raise SystemExit('shadowed')");
  await using host = await startHost({ cwd: directory.path });
  expect(host.pid).toBeGreaterThan(0);
});

test.skipIf(isolation.kind === "none")(
  "inside bubblewrap it sees its own files and not the home's",
  async () => {
    await using directory = await temporaryDirectory();
    await mkdir(join(directory.path, "work"));
    const file = join(directory.path, "look.py");
    await writeFile(
      file,
      [
        "import os",
        "@expose",
        "def exists(path: str) -> bool: return os.path.exists(path)",
        "@expose",
        "def write(path: str) -> None: open(path, 'w').close()",
        "@expose",
        "def environment() -> dict: return dict(os.environ)",
      ].join("\n"),
    );
    await using host = await startHost({
      file,
      cwd: "/workspace",
      isolation: { kind: "bubblewrap", writable: [[join(directory.path, "work"), "/workspace"]] },
      log: join(directory.path, "logs", "host.log"),
    }).catch(async (error) => {
      throw error;
    });
    await using client = await host.client();
    expect(await client.call("exists", [join(homedir(), ".ssh")])).toBe(false);
    expect(await client.call("exists", [join(homedir(), ".bashrc")])).toBe(false);
    expect(await client.call("exists", [file])).toBe(true);
    await expect(client.call("write", [file])).rejects.toMatchObject({ pythonType: "OSError" });
    await client.call("write", ["/workspace/made"]);
    expect(await readFile(join(directory.path, "work/made"), "utf8")).toBe("");
    expect(await client.call("environment")).toMatchObject({ HOME: "/workspace" });
  },
);

test.skipIf(isolation.kind === "none")(
  "a file that lies in the home does not bring the home with it",
  async () => {
    await using home = await temporaryDirectory();
    vi.stubEnv("HOME", home.path);
    const file = join(home.path, "look.py");
    await writeFile(join(home.path, ".env"), "SECRET=1");
    await writeFile(
      file,
      "import os\n@expose\ndef look(path: str) -> list: return sorted(os.listdir(path))\n",
    );
    const log = join(home.path, "host.log");
    await using host = await startHost({ file, log, isolation: { kind: "bubblewrap" } });
    await using client = await host.client();
    expect(await client.call("look", [home.path])).toEqual(["host.log", "look.py"]);
    // Beside it may lie the Python that runs this, when this repository is in the temporary directory as well.
    expect(await client.call("look", ["."])).toContain(basename(home.path));
    await host.close();
    expect(await readFile(log, "utf8")).toContain("loaded");
    vi.unstubAllEnvs();
  },
);

test("a file that does not load is reported with its traceback, and the host stays up to say so", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "broken.py");
  await writeFile(file, "import no_such_module\n");
  await using host = await launchHost({ file, python });
  await using client = await host.client();
  const error = await client.describe({ timeoutMs: 10_000 }).catch((error: unknown) => error);
  expect(error).toMatchObject({
    code: "rpc/load-failed",
    message: expect.stringContaining("no_such_module"),
  });
  expect(error).toMatchObject({ traceback: expect.stringMatching(/broken\.py", line 1/) });
  expect(await client.health()).toMatchObject({ state: "failed" });
  await expect(client.call("f")).rejects.toMatchObject({ code: "rpc/load-failed" });
});

test("a file that loads slowly is waited for", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "slow.py");
  await writeFile(file, "import time\ntime.sleep(1.5)\n@expose\ndef f() -> int: return 1\n");
  await using host = await launchHost({ file, python });
  await using client = await host.client();
  await expect(client.describe({ timeoutMs: 100 })).rejects.toMatchObject({ code: "rpc/loading" });
  expect((await client.describe()).functions.map(({ name }) => name)).toEqual(["f"]);
  expect(await client.call("f")).toBe(1);
});

test.each(["no such file.py", "nothing-exposed.py"])("the file %o is refused", async (name) => {
  await using directory = await temporaryDirectory();
  if (name === "nothing-exposed.py") await writeFile(join(directory.path, name), "x = 1\n");
  await using host = await launchHost({ file: join(directory.path, name), python });
  await using client = await host.client();
  await expect(client.describe({ timeoutMs: 10_000 })).rejects.toMatchObject({ code: "rpc/load-failed" });
});

test("a start that is cancelled leaves nothing", async () => {
  const { env, variable } = mark();
  for (const delayMs of [0, 20, 100]) {
    const signal = AbortSignal.timeout(delayMs);
    const start = launchHost({ file: interfaceFile, python, env, signal }).then((host) => host.close());
    await start.catch((error: unknown) => expect(error).toMatchObject({ code: "rpc/cancelled" }));
  }
  // The worker of a killed supervisor ends a moment later, and the system then has to reap it.
  await expect.poll(() => processesWith(variable)).toEqual([]);
});

test.each(kinds)("the supervisor imports nothing from PYTHONPATH (%s)", async (kind) => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const note = `import sys\nopen("${path}/worker" if "/worker/" in sys.argv[0] else "${path}/supervisor", "w").close()\n`;
  await writeFile(join(path, "sitecustomize.py"), note);
  await using host = await startHost({
    cwd: path,
    env: { PYTHONPATH: path },
    isolation: { kind, writable: [[path, path]] },
  });
  await using client = await host.client();
  expect(await client.call("add", [1, 2])).toBe(3);
  const left = await readdir(path);
  expect(left).toContain("worker");
  expect(left).not.toContain("supervisor");
});
