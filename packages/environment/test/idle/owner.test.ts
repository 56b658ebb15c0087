import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { RpcClient, type ServedInterface } from "@seer/rpc";
import { afterEach, expect, test } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { errorOf, useOwnHome } from "../support/home.ts";
import { idleFixture } from "../support/idle-host.ts";
import { processesGone } from "../support/processes.ts";
import { sandboxesIn, snapshotsIn } from "../support/stopped.ts";
import { childTimings } from "../support/timings.ts";

const home = useOwnHome();
const owners: ChildProcess[] = [];

afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL");
});

test.each([
  { when: "while it is stopped", line: "Idle for", ms: 1500, calls: false },
  { when: "as it is stopped", line: "Idle for", ms: 0, calls: false },
  { when: "as it starts again", line: "Starting again", ms: 0, calls: true },
  { when: "in the middle of that", line: "Starting again", ms: 100, calls: true },
  { when: "when it is there again", line: "called", ms: 0, calls: true },
])("Ctrl-C $when leaves nothing", async ({ line, ms, calls }) => {
  const { owner, until } = startOwner();
  await until("Idle for");
  if (calls) {
    await expect.poll(() => sandboxesIn(home)).toEqual([]);
    owner.stdin?.write("\n");
  }
  if (line !== "Idle for") await until(line);
  await delay(ms);
  owner.kill("SIGINT");
  expect((await once(owner, "exit"))[1]).toBe("SIGINT");
  expect(await processesGone(home)).toEqual([]);
  // What could not be removed at once is removed by whoever looks next.
  expect(await Sandbox.list()).toEqual([]);
  await Sandbox.listSnapshots();
  expect(sandboxesIn(home)).toEqual([]);
  expect(snapshotsIn(home)).toEqual([]);
});

test("an owner without work exits in every state of its sandbox", async () => {
  const program = `
    import { Sandbox } from ${JSON.stringify(join(import.meta.dirname, "../../src/index.ts"))};
    const sandbox = new Sandbox({ executionMode: "cli", idle: { afterMs: 1000, action: "stop" } });
    await sandbox.start();
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "inherit" });
  owners.push(owner);
  expect((await once(owner, "exit"))[0]).toBe(0);
  expect(await processesGone(home)).toEqual([]);
});

test("neither connections nor calls keep an owner without work alive", async () => {
  const program = `
    import { ScopedSandbox } from ${JSON.stringify(join(import.meta.dirname, "../../src/index.ts"))};
    const scoped = new ScopedSandbox({ idle: { afterMs: 60000, action: "stop" } });
    await scoped.start();
    await scoped.serve(${JSON.stringify(idleFixture)}, { exposeAs: "prompt", name: "tools" });
    console.log(JSON.stringify(scoped.served[0]));
    process.stdin.once("data", () => process.stdin.destroy());
  `;
  const owner: ChildProcess = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  owners.push(owner);
  const [said] = (await once(owner.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const { url, token } = JSON.parse(String(said)) as ServedInterface;
  await using client = await RpcClient.connect({ url, token });
  expect(await client.call("count")).toBe(1);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = '{"seconds": 60}';
  const calls = [
    errorOf(client.call("slow", { seconds: 60 })),
    errorOf(fetch(`${url}/call/slow`, { method: "POST", headers, body })),
  ];
  await delay(200);
  const exited = once(owner, "exit");
  owner.stdin?.write("\n");
  expect((await exited)[0]).toBe(0);
  await Promise.all(calls);
  expect(await processesGone(home)).toEqual([]);
});

function startOwner() {
  const program = join(import.meta.dirname, "..", "fixtures", "idle-owner.ts");
  const owner: ChildProcess = spawn(process.execPath, [program], {
    // For a first process that nobody has taken hold of yet.
    env: { ...process.env, ...childTimings({ leaseMs: 700 }) },
    stdio: ["pipe", "pipe", "inherit"],
  });
  owners.push(owner);
  const lines = createInterface({ input: owner.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const until = async (text: string) => {
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      if (next.value.includes(text)) return;
    }
    throw new Error(`The owner ended before it said ${text}`);
  };
  return { owner, until };
}
