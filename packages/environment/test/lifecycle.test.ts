import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { Sandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { processesGone, processesWith } from "./support/processes.ts";

const home = useOwnHome();
const kept = async () => (await readdir(join(home, "sandboxes"))).filter((name) => name.startsWith("sb-"));

describe.each(isolations)("with isolation %s", (isolation) => {
  test("nothing is left after terminate, which may be called twice", async () => {
    const sandbox = await new Sandbox({ executionMode: "cli" }, { isolation }).start();
    await sandbox.exec("(setsid sleep 300 >/dev/null 2>&1 &); trap '' TERM");
    const { sandboxId } = sandbox;
    await expect.poll(() => processesWith(sandboxId).length).toBeGreaterThan(0);
    await Promise.all([sandbox.terminate(), sandbox.terminate()]);
    await sandbox.terminate();
    expect(processesWith(sandboxId)).toEqual([]);
    expect(await kept()).toEqual([]);
    const error = await errorOf(sandbox.exec("true"));
    expect(error).toMatchObject({ code: "environment/ended" });
    expect(error.message).toContain("it was terminated");
  });

  test("a sandbox ends at its time limit and reports the reason", async () => {
    const sandbox = await new Sandbox({ executionMode: "cli", timeoutMs: 1000 }, { isolation }).start();
    const { sandboxId } = sandbox;
    const error = await errorOf(sandbox.exec("sleep 60"));
    expect(error.message).toMatch(/has ended: it reached its time limit, `timeoutMs`$/);
    expect(await processesGone(sandboxId)).toEqual([]);
    await sandbox.terminate();
    expect(await kept()).toEqual([]);
  });

  test("a running command fails with the reason when the sandbox ends", async () => {
    const sandbox = await new Sandbox({ executionMode: "cli" }, { isolation }).start();
    const running = errorOf(sandbox.exec("sleep 60"));
    await delay(50);
    await sandbox.terminate();
    expect((await running).code).toBe("environment/ended");
  });

  test("`isolation` describes the isolation in use", async () => {
    const progress: string[] = [];
    await using sandbox = await new Sandbox(
      { executionMode: "cli" },
      { isolation, onProgress: (line) => progress.push(line) },
    ).start();
    expect(sandbox.isolation.kind).toBe(isolation);
    expect(progress.some((line) => line.startsWith(`Isolation: ${isolation}`))).toBe(true);
  });
});

test("list shows running sandboxes, and fromId finds them by name", async () => {
  await using sandbox = await new Sandbox({ executionMode: "cli" }).start({ name: "probe.1" });
  expect(await Sandbox.list()).toMatchObject([
    {
      id: sandbox.sandboxId,
      name: "probe.1",
      backend: "local",
      kind: "sandbox",
      state: "running",
      interfaces: [],
      ownerPid: process.pid,
      ownerAlive: true,
    },
  ]);
  await sandbox.writeFile("note", "here");
  for (const key of ["probe.1", sandbox.sandboxId]) {
    await using again = await Sandbox.fromId(key);
    expect(await again.exec("cat note")).toBe("here");
  }
  // Letting go of somebody else's sandbox does not end it.
  expect(await sandbox.exec("echo alive")).toBe("alive\n");
});

test("a name is reserved while its sandbox runs", async () => {
  const first = await new Sandbox({ executionMode: "cli" }).start({ name: "twin" });
  const error = await errorOf(new Sandbox({ executionMode: "cli" }).start({ name: "twin" }));
  expect(error).toMatchObject({ code: "environment/name-taken" });
  expect(error.message).toContain(first.sandboxId);
  await first.terminate();
  await using second = await new Sandbox({ executionMode: "cli" }).start({ name: "twin" });
  expect(second.name).toBe("twin");
  expect(await kept()).toEqual([second.sandboxId]);
});

test("an invalid name is rejected", async () => {
  for (const name of ["", "../up", "sb-mine", "a b", "x".repeat(65)]) {
    expect((await errorOf(new Sandbox({ executionMode: "cli" }).start({ name }))).code).toBe(
      "environment/invalid-name",
    );
  }
});

test("an unknown ID is not found, and the error lists running sandboxes", async () => {
  await using sandbox = await new Sandbox({ executionMode: "cli" }).start({ name: "only" });
  const error = await errorOf(Sandbox.fromId("another"));
  expect(error).toMatchObject({
    code: "environment/not-found",
    hint: `Running: only (${sandbox.sandboxId}).`,
  });
  expect((await errorOf(Sandbox.fromId("../../etc"))).code).toBe("environment/not-found");
});

test("a sandbox starts once, and its methods fail before the start", async () => {
  const sandbox = new Sandbox({ executionMode: "cli" });
  expect((await errorOf(sandbox.exec("true"))).code).toBe("environment/not-started");
  await sandbox.terminate();
  await sandbox.start();
  expect((await errorOf(sandbox.start())).code).toBe("environment/already-started");
  await sandbox.terminate();
});

test("a start that fails late leaves nothing behind", async () => {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, "dir"));
  await writeFile(join(folder, "dir", "file"), "");
  // The file is to be where the directory is by then.
  const config = {
    executionMode: "cli" as const,
    localDirs: [[join(folder, "dir"), "/workspace/place"]] as [string, string][],
    localFiles: [[join(folder, "dir", "file"), "/workspace/place"]] as [string, string][],
  };
  let started = "";
  const onProgress = vi.fn((line: string) => {
    started += line;
  });
  const error = await errorOf(new Sandbox(config, { onProgress }).start({ name: "late" }));
  expect(error.code).toBe("environment/file-failed");
  expect(started).toContain("Copying");
  expect(await kept()).toEqual([]);
  expect(await Sandbox.list()).toEqual([]);
  await using again = await new Sandbox({ executionMode: "cli" }).start({ name: "late" });
  expect(again.name).toBe("late");
});

test("terminate during a start ends the start", async () => {
  const sandbox = new Sandbox({ executionMode: "cli" }, { onProgress: () => void sandbox.terminate() });
  expect((await errorOf(sandbox.start())).code).toBe("environment/ended");
  expect(await kept()).toEqual([]);
});

test("an aborted start rejects with the reason", async () => {
  const reason = new Error("enough");
  await expect(
    new Sandbox({ executionMode: "cli" }).start({ signal: AbortSignal.abort(reason) }),
  ).rejects.toBe(reason);
});

test("SEER_HOME may have a long path, although socket paths are limited", async () => {
  const before = process.env.SEER_HOME;
  process.env.SEER_HOME = join(await temporaryDirectory(), "long".repeat(30), "home");
  try {
    await using sandbox = await new Sandbox({ executionMode: "cli" }).start();
    expect(await sandbox.exec("echo works")).toBe("works\n");
  } finally {
    process.env.SEER_HOME = before;
  }
});

test("ten concurrent sandboxes do not interfere", async () => {
  const sandboxes = await Promise.all(
    Array.from({ length: 10 }, () => new Sandbox({ executionMode: "cli" }).start()),
  );
  try {
    await Promise.all(sandboxes.map((sandbox, index) => sandbox.writeFile("mine", String(index))));
    const contents = await Promise.all(sandboxes.map((sandbox) => sandbox.exec("cat mine; ls | wc -l")));
    expect(contents).toEqual(sandboxes.map((_, index) => `${index}1\n`));
    expect(await Sandbox.list()).toHaveLength(10);
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.terminate()));
  }
  expect(existsSync(join(home, "sandboxes", sandboxes[0]?.sandboxId ?? ""))).toBe(false);
});
