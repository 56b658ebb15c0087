import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RpcClient } from "@seer/rpc";
import { afterEach, expect, test, vi } from "vitest";
import { ScopedSandbox } from "../../src/index.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { idleFixture } from "../support/idle-host.ts";
import { processesGone } from "../support/processes.ts";
import { Progress, sandboxesIn, snapshotsIn } from "../support/stopped.ts";
import { surfacesOf } from "../support/surfaces.ts";

const home = useOwnHome();

afterEach(() => {
  expect(sandboxesIn(home), "what a sandbox has left").toEqual([]);
  expect(snapshotsIn(home), "what a stop has left").toEqual([]);
});

async function start(action: "stop" | "snapshot", progress: Progress): Promise<ScopedSandbox> {
  return await new ScopedSandbox({ idle: { afterMs: 1000, action } }, progress).start();
}

test.each(["stop", "snapshot"] as const)("every way of calling survives: %s", async (action) => {
  const progress = new Progress();
  await using scoped = await start(action, progress);
  await using surfaces = await surfacesOf(scoped, idleFixture);
  const { ways } = surfaces;
  const prompt = await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  // Another one, with files and a state of its own.
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "twin" });
  const [served, twin] = scoped.served;
  if (served === undefined || twin === undefined) throw new Error("nothing is served");
  expect(prompt).toContain(served.url);
  await using client = await RpcClient.connect(served);
  await using other = await RpcClient.connect(twin);
  await client.call("write", { path: "note", text: "kept" });
  expect(await client.call("count")).toBe(1);
  await progress.stopped(home);
  // What a function keeps in memory is gone, and each starts the sandbox no less than the others.
  const counts = await Promise.all(Object.values(ways).map((call) => call("count")));
  expect(counts.toSorted()).toEqual([1, 2, 3, 4]);
  expect(await other.call("count")).toBe(1);
  await progress.stopped(home, 2);
  expect(await ways.mcp("count")).toBe(1);
  expect(await client.call("read", { path: "note" })).toBe(action === "snapshot" ? "kept" : null);
  expect(scoped.served.map(({ url, token }) => [url, token])).toEqual([
    [served.url, served.token],
    [twin.url, twin.token],
  ]);
});

test("calls and streams are not interrupted, and concurrent calls share one restart", async () => {
  const progress = new Progress();
  await using scoped = await start("snapshot", progress);
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  const [served] = scoped.served;
  await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
  expect(await client.call("slow", { seconds: 2 })).toBe("done");
  const items: unknown[] = [];
  for await (const item of client.stream("ticks", { number: 4, seconds: 0.5 })) items.push(item);
  expect(items).toEqual([0, 1, 2, 3]);
  expect(progress.count("Idle for")).toBe(0);
  await progress.stopped(home);
  const calls = Array.from({ length: 20 }, () => client.call("count"));
  const answers = await Promise.all([scoped.exec("echo me"), ...calls]);
  expect(answers.slice(1).toSorted((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
  expect(progress.count("Starting again for a call")).toBe(1);
});

test("another process attaches to it under its permanent address", async () => {
  const progress = new Progress();
  await using scoped = await start("stop", progress);
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  let served = scoped.served;
  {
    await using again = await ScopedSandbox.fromId(scoped.sandboxId);
    served = again.served;
  }
  expect(served).toMatchObject([{ url: scoped.served[0]?.url }]);
  await progress.stopped(home);
  await using client = await RpcClient.connect({ url: served[0]?.url ?? "", token: served[0]?.token ?? "" });
  expect(await client.call("count")).toBe(1);
  await progress.stopped(home, 2);
  // Taking it up starts it.
  await using again = await ScopedSandbox.fromId(scoped.sandboxId);
  expect(again.served).toMatchObject([{ url: scoped.served[0]?.url }]);
  expect(await client.call("count")).toBe(1);
});

test.each(["stop", "snapshot"] as const)(
  "an edit survives a stop, and clients are notified: %s",
  async (action) => {
    const folder = await temporaryDirectory();
    const file = join(folder, "edited.py");
    const code = "\n\n@expose\ndef get() -> int:\n    return value\n";
    await writeFile(file, `value = 1${code}`);
    const progress = new Progress();
    await using scoped = await start(action, progress);
    await scoped.serve(file, { exposeAs: "prompt" });
    const [served] = scoped.served;
    const revisions: number[] = [];
    await using client = await RpcClient.connect({
      url: served?.url ?? "",
      token: served?.token ?? "",
    });
    client.onInterfaceChange((revision) => revisions.push(revision));
    await writeFile(
      file,
      `from added import value${code}\n\n@expose\ndef more() -> int:\n    return value\n`,
    );
    await writeFile(join(folder, "added.py"), "value = 2\n");
    await scoped.serve(file, { exposeAs: "prompt" });
    expect(scoped.served).toMatchObject([{ url: served?.url, token: served?.token }]);
    await expect.poll(() => revisions).toEqual([2]);
    await progress.stopped(home);
    expect((await client.describe()).functions.map(({ name }) => name)).toEqual(["get", "more"]);
    expect(await client.call("more")).toBe(2);
    // Stopped again, it is started for an edit, which clients are told of as well.
    await progress.stopped(home, 2);
    await writeFile(join(folder, "added.py"), "value = 3\n");
    await scoped.serve(file, { exposeAs: "prompt" });
    await expect.poll(() => revisions).toEqual([2, 3]);
    expect(await client.call("get")).toBe(3);
  },
);

test("its logs can be read while it is stopped", async () => {
  const progress = new Progress();
  await using scoped = await start("stop", progress);
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  const [served] = scoped.served;
  await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
  await client.call("slow", { seconds: 0 });
  await progress.stopped(home);
  const printed = vi.spyOn(console, "log").mockImplementation(() => {});
  expect(await scoped.showRpcLogs({ lines: 3 })).toContain("slow");
  printed.mockRestore();
  expect((await errorOf(scoped.showRpcLogs({ name: "other" }))).code).toBe("environment/not-found");
  expect(progress.count("A call came")).toBe(0);
});

test("its addresses end with it", async () => {
  const progress = new Progress();
  await using scoped = await new ScopedSandbox(
    { idle: { afterMs: 1000, action: "stop" }, timeoutMs: 4000 },
    progress,
  ).start();
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  const [served] = scoped.served;
  await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
  const error = await errorOf(client.call("slow", { seconds: 600 }));
  expect(["rpc/worker-died", "rpc/unreachable"]).toContain(error.code);
  await expect.poll(async () => (await errorOf(client.call("count"))).code).toBe("rpc/unreachable");
  expect((await errorOf(scoped.exec("true"))).message).toMatch(/`timeoutMs`/);
  await scoped.terminate();
});

test("waiting calls fail when it is terminated", async () => {
  const progress = new Progress();
  const scoped = await start("stop", progress);
  await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
  const { sandboxId } = scoped;
  const [served] = scoped.served;
  await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
  await progress.stopped(home);
  const waiting = [errorOf(client.call("count")), errorOf(scoped.exec("true"))];
  await delay(50);
  await scoped.terminate();
  const [call, exec] = await Promise.all(waiting);
  expect(["rpc/load-failed", "rpc/unreachable"]).toContain(call?.code);
  expect(exec?.code).toBe("environment/ended");
  expect(await processesGone(sandboxId)).toEqual([]);
});
