import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findPython } from "@seer/rpc/launch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isServiceUsed } from "../../src/idle/ask-services.ts";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { apiUrl, Kernel } from "../support/kernel.ts";
import { processesGone } from "../support/processes.ts";

// The environments of the server and its kernels are built once, for all tests of this file.
const home = useOwnHome({ sharesEnvironments: true });
let weights: string;
let wheels: string;

beforeAll(async () => {
  weights = join(await temporaryDirectory(), "tiny");
  await mkdir(weights);
  await writeFile(join(weights, "config.json"), "{}");
  wheels = await temporaryDirectory();
  const { executable } = await findPython();
  const script = join(import.meta.dirname, "..", "fixtures", "make_wheel.py");
  await writeFile(join(wheels, "broken.py"), "raise RuntimeError('not the traitlets that it needs')");
  for (const name of ["seer_tiny", "traitlets"]) execFileSync(executable, [script, wheels, name, "1.0"]);
  const shared = process.env.TEST_ENVIRONMENTS_DIRECTORY;
  if (shared === undefined) return;
  // An environment is found by the paths of its wheels too.
  const kept = join(shared, "..", "wheels");
  if (!existsSync(kept)) await cp(wheels, kept, { recursive: true });
  wheels = kept;
});

describe.each(isolations)("with isolation %s", (isolation) => {
  let sandbox: Sandbox;
  const progress: string[] = [];
  beforeAll(async () => {
    sandbox = await new Sandbox(
      {
        models: [{ name: weights }],
        // Older than the server and the kernels have it, and made by nobody but the user.
        pythonPackages: ["traitlets==5.9.0", wheel("seer_tiny")],
        env: { GREETING: "hello" },
      },
      { isolation, onProgress: (line) => progress.push(line) },
    ).start();
  });
  afterAll(() => sandbox.terminate());

  test("a kernel runs in the sandbox: its files, its packages, its variables", async () => {
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    await sandbox.writeFile("note.txt", "from outside");
    expect(await kernel.execute("print(open('note.txt').read())")).toBe("from outside\n");
    const code = "import os, sys; print(os.environ['GREETING'], os.environ['MODEL_TINY_PATH'], sys.prefix)";
    const inside = await sandbox.execPython(code);
    expect(await kernel.execute(code)).toBe(inside);
    expect(await kernel.execute("import seer_tiny; print(seer_tiny.__version__)")).toBe("1.0\n");
    await sandbox.writeFile("lib/helpers.py", "answer = 42");
    expect(await kernel.execute("import helpers; print(helpers.answer)")).toBe("42\n");
  });

  test("`isServiceUsed` detects whether it is in use", async () => {
    const url = new URL(sandbox.jupyterUrl ?? "");
    const secret = url.searchParams.get("token") ?? "";
    const record = { service: "jupyter", url: url.origin, secret } as const;
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    expect(await kernel.execute("print(1)")).toBe("1\n");
    expect(await isServiceUsed(record, 60_000)).toBe(true);
    const cell = kernel.execute("import time; time.sleep(1.5)");
    await expect.poll(() => isServiceUsed(record, 0)).toBe(true);
    await delay(1000);
    // A cell that says nothing for long is work all the same.
    expect(await isServiceUsed(record, 0)).toBe(true);
    await cell;
    await expect.poll(() => isServiceUsed(record, 0)).toBe(false);
    expect(await isServiceUsed({ ...record, secret: "wrong" }, 60_000)).toBe(false);
  });

  test("kernels use the user's versions, without the server's packages", async () => {
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    expect(await kernel.execute("import traitlets; print(traitlets.__version__)")).toBe("5.9.0\n");
    expect(await kernel.execute("import jupyter_server")).toMatch(/^ModuleNotFoundError/);
    // Nothing of it is in the sandbox's Python for anything else.
    const error = await errorOf(sandbox.execPython("import ipykernel"));
    expect(error.message).toContain("No module named 'ipykernel'");
    expect(await sandbox.execPython("import traitlets; print(traitlets.__version__)")).toBe("5.9.0\n");
  });

  test("large output arrives completely", async () => {
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    const printed = await kernel.execute("for i in range(200): print('x' * 99_999)");
    expect(printed.length).toBe(20_000_000);
  });

  test("a kernel is interrupted and restarted", async () => {
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    await kernel.execute("x = 1");
    const waiting = kernel.execute("open('waits', 'w').close(); import time; time.sleep(60)");
    await expect.poll(() => sandbox.readFile("waits").catch(() => undefined)).toBeDefined();
    await kernel.do("interrupt");
    expect(await waiting).toMatch(/^KeyboardInterrupt/);
    await kernel.do("restart");
    expect(await kernel.execute("x")).toMatch(/^NameError/);
  });

  test("requests without the token or with another hostname are rejected", async () => {
    const url = new URL(sandbox.jupyterUrl ?? "");
    expect(url.hostname).toBe("127.0.0.1");
    const token = url.searchParams.get("token") ?? "";
    expect(token).toHaveLength(43);
    const api = apiUrl(url.href, "/api/kernels");
    expect((await fetch(api)).status).toBe(200);
    expect(await statusAs("example.com", api)).toBe(403);
    for (const wrong of ["", "wrong", `${token}x`]) {
      api.searchParams.set("token", wrong);
      expect((await fetch(api, { method: "POST" })).status).toBe(403);
    }
    api.pathname = "/api/contents";
    expect((await fetch(api)).status).toBe(403);
  });

  test("its token is in no log, progress, argument or variable", async () => {
    const token = new URL(sandbox.jupyterUrl ?? "").searchParams.get("token") ?? "";
    await fetch(apiUrl(sandbox.jupyterUrl ?? "", "/api/nothing"));
    const read = async () => Buffer.from(await sandbox.readFile("/opt/seer/logs/jupyter.log")).toString();
    await expect.poll(read).toContain("/api/nothing");
    const log = await read();
    expect(log).not.toContain(token);
    expect(progress.join("\n")).toMatch(/^Jupyter server: http:\/\/127\.0\.0\.1:\d+$/m);
    expect(progress.join("\n")).not.toContain(token);
    const ofProcesses = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => ["cmdline", "environ"].map((file) => readOr(`/proc/${pid}/${file}`)));
    expect(ofProcesses.filter((text) => text.includes(token))).toEqual([]);
  });

  test("another process that attaches to the sandbox has the same server", async () => {
    await using other = await Sandbox.fromId(sandbox.sandboxId);
    expect(other.jupyterUrl).toBe(sandbox.jupyterUrl);
  });

  test("the server and its kernels end with the sandbox", async () => {
    const ending = await new Sandbox({}, { isolation }).start();
    const url = apiUrl(ending.jupyterUrl ?? "", "/api");
    await using _kernel = await Kernel.start(ending.jupyterUrl ?? "");
    await ending.terminate();
    await expect(fetch(url)).rejects.toThrow();
    expect(await processesGone(ending.sandboxId)).toEqual([]);
  });

  test("a kernel that cannot start fails the start with the reason", async () => {
    const localFiles = [[join(wheels, "broken.py"), "/workspace/lib/traitlets.py"]] as [string, string][];
    const error = await errorOf(new Sandbox({ localFiles }, { isolation }).start());
    expect(error.code).toBe("environment/service-failed");
    expect(error.message).toMatch(
      /^The Jupyter server ended with code 1 before it answered:\nKernels cannot/,
    );
    expect(error.message).toContain("RuntimeError: not the traitlets that it needs");
    expect(error.hint).toContain("`ipykernel`");
    const left = readdirSync(join(home, "sandboxes")).filter((name) => name.startsWith("sb-"));
    expect(left).toEqual([sandbox.sandboxId]);
  });
});

test("a sandbox from a snapshot has its own server, with the restored files", async () => {
  let snapshot: string;
  let before: string | undefined;
  {
    await using sandbox = await new Sandbox({}).start();
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    await kernel.execute("open('made.txt', 'w').write('in a cell')");
    before = sandbox.jupyterUrl;
    // While a kernel runs, whose sockets are files too.
    snapshot = (await sandbox.snapshot()).id;
  }
  await using sandbox = await Sandbox.fromSnapshot(snapshot);
  expect(sandbox.jupyterUrl).not.toBe(before);
  await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
  expect(await kernel.execute("print(open('made.txt').read())")).toBe("in a cell\n");
});

test.skipIf(!isolations.includes("bubblewrap" as never))(
  "the server is reachable without egress",
  async () => {
    await using sandbox = await new Sandbox({ egress: false }).start();
    await using kernel = await Kernel.start(sandbox.jupyterUrl ?? "");
    const code = "import socket; socket.create_connection(('1.1.1.1', 80), 5)";
    expect(await kernel.execute(code)).toMatch(/^OSError: .*Network is unreachable/);
  },
);

test("the error names packages that are incompatible with every kernel", async () => {
  const error = await errorOf(new Sandbox({ pythonPackages: [wheel("traitlets")] }).start());
  expect(error.code).toBe("environment/service-failed");
  expect(error.message).toMatch(
    /^No notebook kernel is compatible with traitlets==1\.0 of `pythonPackages`:\n/,
  );
});

test("CLI and scoped sandboxes have no server", async () => {
  await using cli = await new Sandbox({ executionMode: "cli" }).start();
  expect(cli.jupyterUrl).toBeUndefined();
  await using scoped = await new ScopedSandbox().start();
  expect(scoped.jupyterUrl).toBeUndefined();
});

function wheel(name: string): string {
  return `${name} @ file://${wheels}/${name}-1.0-py3-none-any.whl`;
}

async function statusAs(host: string, url: URL): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    get(url, { headers: { host } }, (response) => resolve(response.resume().statusCode)).on("error", reject);
  });
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
