import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { toLibrary } from "@seer/expose-adapters/library";
import { toMcpConfig } from "@seer/expose-adapters/mcp";
import { toSkill } from "@seer/expose-adapters/skill";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { directoryTarget, installWorkspace, Workspace } from "@seer/workspace";
import { describe, expect, test } from "vitest";
import { EnvironmentError } from "../../src/index.ts";
import { errorOf } from "../support/home.ts";
import { IdleHost } from "../support/idle-host.ts";
import { McpProcess } from "../support/mcp-process.ts";

const run = promisify(execFile);
const python = process.env.SEER_PYTHON ?? "python3";

describe("clients survive a stop and a start", () => {
  test("the TypeScript client, over its existing connection", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    expect(await client.call("count")).toBe(1);
    await idle.stopped();
    const progress: string[] = [];
    idle.wakeMs = 300;
    // Many calls, one start; what the start is at is their progress.
    const calls = await Promise.all([
      client.call("count", {}, { onProgress: ({ message }) => progress.push(message ?? "") }),
      client.call("count"),
      client.call("count"),
    ]);
    expect(calls.toSorted()).toEqual([1, 2, 3]);
    expect(idle.starts).toBeGreaterThanOrEqual(2);
    expect(progress).toContain("preparing the models");
    expect(progress).not.toContain("loading it");
  });

  test("the Python library, over its existing connection", async () => {
    await using idle = await IdleHost.start();
    await using folder = await installed(idle.served);
    const code = `
import sys, time
import tools
print(tools.count(), flush=True)
sys.stdin.readline()
print(tools.count(), flush=True)
`;
    const child = execFile(python, ["-u", "-c", code], { cwd: join(folder.path, "lib") });
    const said: string[] = [];
    child.stdout?.on("data", (data: string) => said.push(...data.trim().split("\n")));
    child.stderr?.on("data", (data: string) => said.push(data));
    await expect.poll(() => said).toEqual(["1"]);
    await idle.stopped();
    child.stdin?.write("\n");
    await expect.poll(() => said).toEqual(["1", "1"]);
    expect(idle.starts).toBeGreaterThanOrEqual(2);
  });

  test("the Python library, when the restart takes longer than its request timeout", async () => {
    await using idle = await IdleHost.start({ preferredWaitMs: 300 });
    await idle.stopped();
    await using folder = await installed(idle.served);
    idle.wakeMs = 1200;
    const { stdout } = await run(python, ["-c", "import tools; print(tools.count())"], {
      cwd: join(folder.path, "lib"),
    });
    expect(stdout).toBe("1\n");
    expect(idle.starts).toBeGreaterThanOrEqual(2);
  });

  test("the MCP server, over its existing connection", async () => {
    await using idle = await IdleHost.start();
    await using mcp = await McpProcess.start(toMcpConfig(idle.served));
    expect(await mcp.call("count")).toBe(1);
    await idle.stopped();
    expect(await mcp.call("count")).toBe(1);
    await idle.stopped();
    expect(await mcp.call("count")).toBe(1);
    expect(idle.starts).toBeGreaterThanOrEqual(3);
  });

  test("the script of the skill, and curl", async () => {
    await using idle = await IdleHost.start();
    await using folder = await installed(idle.served);
    await idle.stopped();
    const script = join(folder.path, ".claude", "skills", "tools", "scripts", "call.py");
    expect((await run(python, [await found(folder.path, script), "count"])).stdout).toBe("1\n");
    await idle.stopped();
    const { url, token } = idle.served;
    const headers = ["-H", `Authorization: Bearer ${token}`];
    const { stdout } = await run("curl", ["-sS", `${url}/call/count`, ...headers, "-d", "{}"]);
    expect(JSON.parse(stdout)).toMatchObject({ result: 1 });
  });

  test("large values are transferred completely in both directions", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    const data = Buffer.alloc(40 << 20, "seer");
    const twice = (await client.call("doubled", { data })) as Uint8Array;
    expect(Buffer.compare(Buffer.from(twice), Buffer.concat([data, data]))).toBe(0);
    await idle.stopped();
    // It waits for the host outside of this process's memory, as far as it can.
    const again = client.call("doubled", { data });
    const others = Promise.all([1, 2].map(() => client.call("doubled", { data })));
    expect(((await again) as Uint8Array).byteLength).toBe(80 << 20);
    expect((await others).map((value) => (value as Uint8Array).byteLength)).toEqual([80 << 20, 80 << 20]);
  });
});

test("no call fails at any moment of a stop or restart", async () => {
  await using idle = await IdleHost.start({ afterMs: 40 });
  await using folder = await installed(idle.served);
  await using mcp = await McpProcess.start(toMcpConfig(idle.served));
  await using client = await RpcClient.connect(idle.served);
  using library = new LineByLine("import sys, tools\nfor _ in sys.stdin: print(tools.count(), flush=True)", {
    cwd: join(folder.path, "lib"),
  });
  const ways = [
    () => client.call("count"),
    () => mcp.call("count"),
    () => library.ask(),
    async () => {
      await using fresh = await RpcClient.connect(idle.served);
      return await fresh.call("count");
    },
    async () => {
      let items = 0;
      for await (const _ of client.stream("ticks", { number: 3, seconds: 0.01 })) items++;
      return items;
    },
  ];
  idle.keepMs = 30;
  for (let round = 0; round < 15; round++) {
    // About as long as it takes until it is idle, is kept, and has ended.
    await delay(30 + ((round * 37) % 120));
    const calls = ways.map(async (call, way) => {
      await delay((round * 23 + way * 17) % 60);
      return Number(await call());
    });
    for (const answer of await Promise.all(calls)) expect(answer).toBeGreaterThan(0);
  }
  console.log(`no call of 75 failed in ${idle.stops} stops; ${idle.discarded} more were called off`);
  expect(idle.stops).toBeGreaterThan(3);
});

describe("activities prevent a stop", () => {
  test("a call and a stream that take longer than the idle time", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    expect(await client.call("slow", { seconds: 1 })).toBe("done");
    const items: unknown[] = [];
    for await (const item of client.stream("ticks", { number: 4, seconds: 0.4 })) items.push(item);
    expect(items).toEqual([0, 1, 2, 3]);
    expect(idle.stops).toBe(0);
    await idle.stopped();
  });

  test("a call whose client disconnected and fetches the result later", async () => {
    await using idle = await IdleHost.start();
    {
      await using client = await RpcClient.connect(idle.served);
      const gone = errorOf(client.call("slow", { seconds: 1 }, { callId: "mine" }));
      await delay(100);
      await client.close();
      expect((await gone).code).toBe("rpc/closed");
    }
    await delay(2000);
    expect(idle.stops).toBe(0);
    await using client = await RpcClient.connect(idle.served);
    expect(await client.attach("mine")).toBe("done");
    await idle.stopped();
    const error = await errorOf(client.attach("mine"));
    expect(error).toMatchObject({ code: "rpc/unknown-call" });
    expect(error.message).toContain("the sandbox was stopped because it was idle");
    // Asking for what is gone starts nothing.
    expect(idle.starts).toBe(1);
  });

  test("an object to which a client holds a reference", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    const ref = await client.call("kept", { text: "activations" });
    await delay(1000);
    expect(idle.stops).toBe(0);
    expect(await client.call("text_of", { ref: ref as never })).toBe("activations");
    const [first] = await client.refs();
    if (first !== undefined) await client.free(first);
    await idle.stopped();
    expect(await client.refs()).toEqual([]);
    expect(idle.starts).toBe(1);
  });

  test("a call that arrives while the state is being saved", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    expect(await client.call("count")).toBe(1);
    idle.keepMs = 5000;
    await expect.poll(() => idle.progress.at(-1)).toBe("Idle for 500 ms: snapshot and stop");
    expect(await client.call("count")).toBe(2);
    expect([idle.starts, idle.stops]).toEqual([1, 0]);
    idle.keepMs = 0;
    await idle.stopped();
  });
});

test("a sandbox whose state cannot be saved is not stopped, and the stop is retried later", async () => {
  await using idle = await IdleHost.start({ afterMs: 100 });
  await using client = await RpcClient.connect(idle.served);
  idle.keepFailure = new Error("no space");
  // It may have been stopped by now.
  const before = Number(await client.call("count"));
  const told = () =>
    idle.progress.filter((line) => line.endsWith("its state could not be saved: no space")).length;
  await expect.poll(told).toBeGreaterThanOrEqual(2);
  expect(await client.call("count")).toBe(before + 1);
  idle.keepFailure = undefined;
  await idle.stopped();
});

describe("status requests", () => {
  test("neither prevent a stop nor cause a restart", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect({ ...idle.served, token: idle.gateway.adminToken });
    const looking = setInterval(() => void client.health().catch(() => {}), 100);
    await idle.stopped();
    clearInterval(looking);
    expect(await client.health()).toMatchObject({ name: "tools", state: "stopped", running: 0 });
    expect((await client.describe()).functions).toEqual(idle.served.description.functions);
    expect(await client.calls()).toEqual([]);
    await using another = await RpcClient.connect({ ...idle.served, livenessIntervalMs: 100 });
    await another.describe();
    await delay(1000);
    expect(idle.starts).toBe(1);
  });

  test("show the progress of a restart", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    await idle.stopped();
    idle.wakeMs = 1000;
    const call = client.call("count");
    await expect
      .poll(() => client.health())
      .toMatchObject({
        state: "loading",
        waiting: 1,
        lines: ["preparing the models"],
      });
    // Whoever asks for the description as the file loads waits, too.
    const { functions } = await client.describe();
    expect(functions.length).toBeGreaterThan(0);
    expect(await client.call("count")).toBe(2);
    expect(await call).toBe(1);
  });
});

describe("a start that fails", () => {
  test("is reported to all waiting calls, and the next call tries again", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    await idle.stopped();
    const cause = new EnvironmentError("environment/model-gated", "no access to lab/secret in /home/me", {
      hint: "Ask for lab/secret.",
    });
    idle.failure = cause;
    idle.wakeMs = 200;
    const errors = await Promise.all([errorOf(client.call("count")), errorOf(client.call("count"))]);
    const expected = {
      code: "rpc/load-failed",
      message: "The sandbox could not be started again: preparing the models failed",
    };
    expect(errors).toMatchObject([expected, expected]);
    expect(await client.health()).toMatchObject({ state: "stopped", error: { code: "load-failed" } });
    const { url, token } = idle.served;
    const answers = await Promise.all([
      ask(`${url}/call/count`, token, { method: "POST", body: "{}" }),
      ask(`${url}/health`, token),
      ask(`${url}/interface`, token),
    ]);
    expect(answers[0]).toMatchObject([503, { error: { code: "load-failed" } }]);
    expect(JSON.stringify([errors, answers])).not.toMatch(/secret|\/home\/me/);
    idle.failure = undefined;
    expect(await client.call("count")).toBe(1);
  });

  test("is reported to admins with its details", async () => {
    await using idle = await IdleHost.start();
    await idle.stopped();
    const cause = Object.assign(new Error("in Python"), { code: "rpc/load-failed" });
    idle.failure = new EnvironmentError("environment/interface-failed", "lab/secret did not load", { cause });
    const { url } = idle.served;
    const { adminToken } = idle.gateway;
    const [status, body] = await ask(`${url}/wake`, adminToken, { method: "POST" });
    expect(status).toBe(503);
    expect(body).toMatchObject({
      error: { details: { code: "environment/interface-failed" } },
    });
    expect(JSON.stringify(body)).toContain("lab/secret did not load");
    const [, health] = await ask(`${url}/health`, adminToken);
    expect(health).toMatchObject({
      lines: [
        "Starting again for a call",
        "preparing the models",
        "  loading it",
        "The sandbox could not be started again: lab/secret did not load",
      ],
    });
  });

  test("and takes long is reported to repeated requests, which start no other", async () => {
    await using idle = await IdleHost.start({ preferredWaitMs: 500 });
    await idle.stopped();
    idle.wakeMs = 1500;
    idle.failure = new Error("no capacity");
    await using folder = await installed(idle.served);
    const code = "import tools\ntry: tools.count()\nexcept Exception as error: print(error.code)";
    const { stdout } = await run(python, ["-c", code], { cwd: join(folder.path, "lib") });
    expect(stdout).toBe("load-failed\n");
    expect(idle.life.attempt).toBe(1);
  });
});

describe("deadlines and cancelling count while a call waits", () => {
  test("over the WebSocket", async () => {
    await using idle = await IdleHost.start();
    await using client = await RpcClient.connect(idle.served);
    await idle.stopped();
    idle.wakeMs = 1500;
    expect((await errorOf(client.call("count", {}, { timeoutMs: 300 }))).code).toBe("rpc/deadline");
    const controller = new AbortController();
    const cancelled = errorOf(client.call("count", {}, { signal: controller.signal }));
    controller.abort();
    expect((await cancelled).code).toBe("rpc/cancelled");
    // What is left of it is the host's to keep.
    expect((await errorOf(client.call("slow", { seconds: 600 }, { timeoutMs: 2500 }))).code).toBe(
      "rpc/deadline",
    );
    expect(await client.call("count")).toBe(1);
  });

  test("over HTTP", async () => {
    await using idle = await IdleHost.start();
    await idle.stopped();
    idle.wakeMs = 1000;
    const { url, token } = idle.served;
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "seer-deadline-ms": "200",
    };
    const response = await fetch(`${url}/call/count`, { method: "POST", body: "{}", headers });
    expect([response.status, await response.json()]).toMatchObject([504, { error: { code: "deadline" } }]);
  });
});

describe("access", () => {
  test("is checked as the host does, running or stopped", async () => {
    await using idle = await IdleHost.start();
    for (const round of ["awake", "stopped"]) {
      if (round === "stopped") await idle.stopped();
      const { token } = idle.served;
      expect(await status(idle, { authorization: "Bearer wrong" }), round).toBe(401);
      expect(await status(idle, {}), round).toBe(401);
      expect(await status(idle, { authorization: `Bearer ${token}`, origin: "http://evil" }), round).toBe(
        403,
      );
      expect(await status(idle, { authorization: `Bearer ${token}`, host: "evil.example" }), round).toBe(403);
      expect(await status(idle, { authorization: `Bearer ${token}` }, "/logs"), round).toBe(403);
      expect(await status(idle, { authorization: `Bearer ${token}` }), round).toBe(200);
      expect((await errorOf(RpcClient.connect({ ...idle.served, token: "wrong" }))).code).toBe(
        "rpc/unauthorised",
      );
    }
    expect(idle.starts).toBe(1);
  });

  test("is not exhausted by a thousand unauthorized requests, running or stopped", async () => {
    await using idle = await IdleHost.start();
    const { hostname, port } = new URL(idle.gateway.url);
    await using client = await RpcClient.connect(idle.served);
    for (const round of ["awake", "stopped"]) {
      if (round === "stopped") await idle.stopped();
      await using crowd = new AsyncDisposableStack();
      const sockets = Array.from({ length: 1000 }, () =>
        crowd.adopt(connect(Number(port), hostname), (socket) => void socket.destroy()).on("error", () => {}),
      );
      await Promise.all(sockets.map((socket) => (socket.connecting ? once(socket, "connect") : undefined)));
      expect(await client.call("count"), round).toBe(1);
      expect(await status(idle, { authorization: `Bearer ${idle.served.token}` }), round).toBe(200);
    }
  });

  test("the error for a used port names it", async () => {
    await using idle = await IdleHost.start();
    const port = Number(new URL(idle.gateway.url).port);
    const error = await errorOf(IdleHost.start({ port }));
    expect(error).toMatchObject({ code: "rpc/port-unavailable" });
  });
});

/** A program that answers each line that it is sent with one. */
class LineByLine implements Disposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(code: string, options: { cwd: string }) {
    this.#child = spawn(python, ["-c", code], { ...options, stdio: ["pipe", "pipe", "inherit"] });
    const output = this.#child.stdout as NodeJS.ReadableStream;
    this.#lines = createInterface({ input: output })[Symbol.asyncIterator]();
  }

  async ask(): Promise<string> {
    this.#child.stdin?.write("\n");
    return String((await this.#lines.next()).value);
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}

function status(idle: IdleHost, headers: Record<string, string>, path = "/health"): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(`${idle.gateway.url}${path}`, { headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  })
    .on("error", reject)
    .end();
  return promise;
}

async function installed(served: ServedInterface): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "seer-idle-"));
  const workspace = new Workspace({ libraries: [toLibrary(served)], skills: [toSkill(served)] });
  await installWorkspace(workspace, directoryTarget(path), { root: path });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function found(root: string, expected: string): Promise<string> {
  const { stdout } = await run("find", [root, "-name", "call.py"]);
  return stdout.trim().split("\n")[0] ?? expected;
}

async function ask(url: string, token: string, options: RequestInit = {}): Promise<[number, unknown]> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(url, { ...options, headers });
  return [response.status, await response.json()];
}
