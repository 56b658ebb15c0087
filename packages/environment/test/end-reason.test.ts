import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseSandboxConfig, type SandboxConfigInput } from "@seer/config";
import { RpcClient } from "@seer/rpc";
import { describe, expect, test } from "vitest";
import { buildPlan, describePlan, Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

const home = useOwnHome();

const source = `
import os, time

@expose
def wait() -> None:
    print("waiting", flush=True)
    time.sleep(3600)

@expose
def leave() -> None:
    os._exit(7)
`;

describe.each(isolations)("with isolation %s", (isolation) => {
  test.each([
    ["its time limit", 5000, undefined, "the sandbox reached its time limit, `timeoutMs`"],
    [
      "it is terminated",
      600_000,
      (sandbox: ScopedSandbox) => sandbox.terminate(),
      "the sandbox was terminated",
    ],
    [
      "its host is stopped",
      600_000,
      async (sandbox: ScopedSandbox, client: RpcClient) =>
        await sandbox.exec(`kill -TERM ${(await client.health()).pid}`),
      "it was stopped by SIGTERM",
    ],
  ])("a call in flight is told when %s", async (_how, timeoutMs, end, reason) => {
    const directory = await temporaryDirectory();
    const file = join(directory, "interface.py");
    await writeFile(file, source);
    await using scoped = await new ScopedSandbox({ timeoutMs }, { isolation }).start();
    await scoped.serve(file, { exposeAs: "prompt", name: "waiting" });
    const { url = "", token = "" } = scoped.served[0] ?? {};
    await using client = await RpcClient.connect({ url, token });
    const waiting = Promise.withResolvers<void>();
    const call = errorOf(client.call("wait", {}, { onOutput: () => waiting.resolve() }));
    await waiting.promise;
    await end?.(scoped, client);
    const error = await call;
    expect(error.code).toBe("rpc/worker-died");
    expect(error.message).toBe(`the host ended during the call: ${reason}`);
  });

  test("a call whose worker ends is told its exit code", async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, "interface.py");
    await writeFile(file, source);
    await using scoped = await new ScopedSandbox({}, { isolation }).start();
    await scoped.serve(file, { exposeAs: "prompt", name: "leaving" });
    const { url = "", token = "" } = scoped.served[0] ?? {};
    await using client = await RpcClient.connect({ url, token });
    const error = await errorOf(client.call("leave"));
    expect(error.message).toBe("the worker ended during the call: it exited with code 7");
  });

  test.each([
    ["its time limit", { timeoutMs: 4000 }, undefined, "it reached its time limit, `timeoutMs`"],
    ["it is terminated", {}, (sandbox: Sandbox) => sandbox.terminate(), "it was terminated"],
    [
      "its first process is killed",
      {},
      async (sandbox: Sandbox) => {
        const record = join(home, "sandboxes", sandbox.sandboxId, "sandbox.json");
        const { processes } = JSON.parse(await readFile(record, "utf8"));
        process.kill(processes.init.pid, "SIGKILL");
      },
      "its init process was killed, perhaps because the machine ran out of memory",
    ],
  ])("commands in flight and everything after them are told when %s", async (_how, config, end, reason) => {
    const sandbox = await new Sandbox({ executionMode: "cli", ...config }, { isolation }).start();
    const other = await Sandbox.fromId(sandbox.sandboxId);
    const begun = Promise.withResolvers<void>();
    const running = [
      sandbox.run("echo; sleep 600", { onStdout: () => begun.resolve() }),
      sandbox.exec("sleep 600"),
      sandbox.execPython("import time; time.sleep(600)"),
      other.exec("sleep 600"),
    ].map(errorOf);
    await begun.promise;
    await end?.(sandbox);
    const message = `The sandbox ${sandbox.name} has ended: ${reason}`;
    for (const error of await Promise.all(running)) {
      expect(error).toMatchObject({ code: "environment/ended", message });
    }
    const later = [
      sandbox.exec("true"),
      other.readFile("x"),
      sandbox.writeFile("x", ""),
      sandbox.ensureDir("x"),
    ];
    for (const error of await Promise.all(later.map(errorOf))) {
      expect(error).toMatchObject({ code: "environment/ended", message });
    }
    await sandbox.terminate();
  });
});

test("a local sandbox has no time limit unless one is configured", async () => {
  const plan = (config: SandboxConfigInput) => describePlan(buildPlan(parseSandboxConfig(config)));
  expect(plan({})).toMatch(/Instance$/m);
  expect(plan({ timeoutMs: 600_000 })).toContain("Instance for at most 10 min");
  expect(plan({ backend: "modal" })).toContain("Instance for at most 1 h");
});
