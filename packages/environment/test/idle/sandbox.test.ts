import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { processesGone, processesWith } from "../support/processes.ts";
import { Progress, sandboxesIn, snapshotsIn } from "../support/stopped.ts";

const home = useOwnHome();

afterEach(() => {
  expect(sandboxesIn(home), "what a sandbox has left").toEqual([]);
  expect(snapshotsIn(home), "what a stop has left").toEqual([]);
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test("action snapshot: the files are restored", async () => {
    const progress = new Progress();
    const sandbox = new Sandbox(
      { idle: { afterMs: 1000, action: "snapshot" }, executionMode: "cli" },
      { isolation, ...progress },
    );
    await sandbox.start();
    const { sandboxId, name } = sandbox;
    expect(await sandbox.exec("echo kept > note; cat note")).toBe("kept\n");
    await progress.stopped(home);
    expect(await processesGone(sandboxId)).toEqual([]);
    await expect
      .poll(() => Sandbox.list())
      .toMatchObject([{ id: sandboxId, name, state: "stopped", ownerPid: process.pid }]);
    const error = await errorOf(Sandbox.fromId(sandboxId));
    expect(error.message).toBe(`The sandbox ${name} is stopped because it was idle`);
    expect(await sandbox.exec("cat note")).toBe("kept\n");
    expect(await sandbox.execPython("print(1 + 1)")).toBe("2\n");
    // It is still the same to whoever knows it.
    expect([sandbox.sandboxId, sandbox.name]).toEqual([sandboxId, name]);
    expect(await Sandbox.list()).toMatchObject([{ id: sandboxId, name, state: "running" }]);
    {
      await using again = await Sandbox.fromId(sandboxId);
      expect(await again.exec("cat note")).toBe("kept\n");
      // It is not stopped while another process holds it, which this one cannot see into.
      await delay(2500);
      expect(progress.count("Idle for")).toBe(1);
    }
    await progress.stopped(home, 2);
    expect(new TextDecoder().decode(await sandbox.readFile("note"))).toBe("kept\n");
    await sandbox.terminate();
    expect(await Sandbox.list()).toEqual([]);
    expect((await errorOf(sandbox.exec("true"))).message).toMatch(/has ended: it was terminated$/);
  });

  test("action stop: it starts again with configured and uploaded files only", async () => {
    const folder = await temporaryDirectory();
    for (const file of ["configured", "uploaded", "gone"]) await writeFile(join(folder, file), file);
    const progress = new Progress();
    await using sandbox = await new Sandbox(
      {
        idle: { afterMs: 1000, action: "stop" },
        executionMode: "cli",
        localFiles: [[join(folder, "configured"), "./"]],
      },
      { isolation, ...progress },
    ).start({ name: "anew" });
    await sandbox.uploadFile(join(folder, "uploaded"));
    await sandbox.uploadFile(join(folder, "gone"));
    await sandbox.writeFile("written", "");
    await rm(join(folder, "gone"));
    await progress.stopped(home);
    expect(await sandbox.exec("ls")).toBe("configured\nuploaded\n");
    expect(progress.lines.join("\n")).toContain(`${join(folder, "gone")} no longer exists`);
    expect(sandbox.name).toBe("anew");
    // Nobody takes its name meanwhile.
    await progress.stopped(home, 2);
    const other = new Sandbox({ executionMode: "cli" }, { isolation });
    expect((await errorOf(other.start({ name: "anew" }))).code).toBe("environment/name-taken");
  });
});

test("a running command is not interrupted, and concurrent calls share one restart", async () => {
  const progress = new Progress();
  await using sandbox = await new Sandbox(
    { idle: { afterMs: 1000, action: "snapshot" }, executionMode: "cli" },
    progress,
  ).start();
  expect(await sandbox.exec("sleep 2.5; echo done")).toBe("done\n");
  expect(progress.count("Idle for")).toBe(0);
  await progress.stopped(home);
  const answers = await Promise.all([
    sandbox.exec("echo a"),
    sandbox.execPython("print('b')"),
    sandbox.run(["echo", "c"]).then(({ stdout }) => stdout),
    sandbox.writeFile("d", "d").then(() => "d"),
  ]);
  expect(answers).toEqual(["a\n", "b\n", "c\n", "d"]);
  expect(progress.count("Starting again for a call")).toBe(1);
});

test("a caller can stop waiting for a restart, which continues for the others", async () => {
  const progress = new Progress();
  await using sandbox = await new Sandbox(
    { idle: { afterMs: 1000, action: "stop" }, executionMode: "cli" },
    progress,
  ).start();
  await progress.stopped(home);
  const reason = new Error("enough");
  const controller = new AbortController();
  const given = sandbox.exec("echo a", { signal: controller.signal });
  const other = sandbox.exec("echo b");
  controller.abort(reason);
  await expect(given).rejects.toBe(reason);
  expect(await other).toBe("b\n");
  expect(progress.count("Starting again")).toBe(1);
});

test("a failed restart is reported, and the next call tries again", async () => {
  const folder = await temporaryDirectory();
  const file = join(folder, "file");
  await writeFile(file, "");
  const progress = new Progress();
  await using sandbox = await new Sandbox(
    { idle: { afterMs: 1000, action: "stop" }, executionMode: "cli", localFiles: [[file, "./"]] },
    progress,
  ).start();
  await progress.stopped(home);
  await rm(file);
  const errors = await Promise.all([errorOf(sandbox.exec("ls")), errorOf(sandbox.exec("ls"))]);
  expect(errors.map(({ code }) => code)).toEqual([
    "environment/local-path-missing",
    "environment/local-path-missing",
  ]);
  await writeFile(file, "");
  expect(await sandbox.exec("ls")).toBe("file\n");
});

describe("terminate leaves nothing behind", () => {
  const start = async (progress: Progress) =>
    await new Sandbox(
      { idle: { afterMs: 1000, action: "snapshot" }, executionMode: "cli" },
      progress,
    ).start();

  test("while it is stopped", async () => {
    const progress = new Progress();
    const sandbox = await start(progress);
    await progress.stopped(home);
    expect(snapshotsIn(home)).toHaveLength(1);
    await sandbox.terminate();
    expect(snapshotsIn(home)).toEqual([]);
    expect((await errorOf(sandbox.exec("true"))).code).toBe("environment/ended");
  });

  test.each(["Idle for", "Starting again"])("as it says %j", async (line) => {
    const progress = new Progress();
    const sandbox = await start(progress);
    const { promise: terminated, resolve } = Promise.withResolvers<void>();
    const lines = progress.lines;
    progress.lines.push = (said: string) => {
      if (said.startsWith(line)) resolve(sandbox.terminate());
      return Array.prototype.push.call(lines, said);
    };
    if (line === "Starting again") {
      await progress.stopped(home);
      expect((await errorOf(sandbox.exec("true"))).code).toBe("environment/ended");
    }
    await terminated;
    expect(processesWith(sandbox.sandboxId)).toEqual([]);
    await delay(1500);
  });

  test("in the middle of a start", async () => {
    const progress = new Progress();
    const sandbox = await start(progress);
    await progress.stopped(home);
    const call = errorOf(sandbox.exec("true"));
    await delay(60);
    await sandbox.terminate();
    expect((await call).code).toBe("environment/ended");
  });
});

test("stopped time does not count towards the time limit", async () => {
  const progress = new Progress();
  const sandbox = await new Sandbox(
    { idle: { afterMs: 1000, action: "stop" }, executionMode: "cli", timeoutMs: 4000 },
    progress,
  ).start();
  await progress.stopped(home);
  await delay(3000);
  expect(await sandbox.exec("echo alive")).toBe("alive\n");
  const error = await errorOf(sandbox.exec("sleep 60"));
  expect(error.message).toMatch(/has ended: it reached its time limit, `timeoutMs`$/);
  // That is its end: nothing starts it again.
  expect((await errorOf(sandbox.exec("true"))).message).toMatch(/`timeoutMs`/);
  expect(progress.count("Starting again")).toBe(1);
  await sandbox.terminate();
});

test("a snapshot of a stopped sandbox is its saved state", async () => {
  const progress = new Progress();
  const sandbox = await new Sandbox(
    { idle: { afterMs: 1000, action: "snapshot" }, executionMode: "cli" },
    progress,
  ).start();
  await sandbox.writeFile("note", "kept");
  await progress.stopped(home);
  const snapshot = await sandbox.terminate({ saveSnapshot: true, snapshotDescription: "mine" });
  expect(progress.count("Starting again")).toBe(0);
  expect(await Sandbox.listSnapshots()).toMatchObject([{ id: snapshot.id, description: "mine" }]);
  {
    await using again = await Sandbox.fromSnapshot(snapshot, { executionMode: "cli" });
    expect(await again.exec("cat note")).toBe("kept");
  }
  await Sandbox.removeSnapshot(snapshot);
});
