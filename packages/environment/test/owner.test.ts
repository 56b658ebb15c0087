import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { identify } from "@seer/system";
import { afterEach, describe, expect, test } from "vitest";
import { Sandbox } from "../src/index.ts";
import { isolations, useOwnHome } from "./support/home.ts";
import { processesGone, processesWith } from "./support/processes.ts";
import { childTimings } from "./support/timings.ts";

const home = useOwnHome();
// People have a minute and a half; a test has not.
const leaseMs = 700;
const owners: ChildProcess[] = [];

afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL");
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s to the owner ends its sandbox at once",
    async (signal) => {
      const { owner, id, init } = await startOwner(isolation);
      expect(processesWith(id).length).toBeGreaterThan(0);
      owner.kill(signal);
      const [, endedBy] = (await once(owner, "exit")) as [number | null, string | null];
      expect(endedBy).toBe(signal);
      expect(processesWith(id)).toEqual([]);
      expect(identify(init)).toBeUndefined();
      expect(existsSync(join(home, "sandboxes", id))).toBe(false);
    },
  );

  test.each(["throws", "returns"])("an owner that %s takes its sandbox with it", async (mode) => {
    const { owner, id } = await startOwner(isolation, mode);
    owner.kill("SIGUSR2");
    await once(owner, "exit");
    expect(processesWith(id)).toEqual([]);
  });

  test("kill -9 of the owner ends its sandbox with the lease", async () => {
    const { owner, id, init } = await startOwner(isolation);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    // It could still be taken up by another process.
    expect(processesWith(id).length).toBeGreaterThan(0);
    expect(await processesGone(id)).toEqual([]);
    await expect.poll(() => identify(init)).toBeUndefined();
    expect(await Sandbox.list()).toEqual([]);
    expect(existsSync(join(home, "sandboxes", id))).toBe(false);
  });

  test("another process that takes it up keeps it after the owner's end", async () => {
    const { owner, id } = await startOwner(isolation);
    const taken = await Sandbox.fromId(id);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await delay(2 * leaseMs);
    expect(await taken.exec("echo alive")).toBe("alive\n");
    const [info] = await Sandbox.list();
    expect(info).toMatchObject({ id, ownerPid: owner.pid, ownerAlive: false });
    await taken.terminate();
    expect(processesWith(id)).toEqual([]);
  });
});

test("an owner that listens to SIGINT itself keeps its sandbox", async () => {
  const { owner, id, lines } = await startOwner("auto", "listens");
  owner.kill("SIGINT");
  expect((await lines.next()).value).toBe("still here");
  expect(processesWith(id).length).toBeGreaterThan(0);
  owner.kill("SIGTERM");
  await once(owner, "exit");
  expect(processesWith(id)).toEqual([]);
});

test("without isolation, what a killed first process leaves is cleared away", async () => {
  const { owner, id, init } = await startOwner("none");
  owner.kill("SIGKILL");
  await once(owner, "exit");
  process.kill(init, "SIGKILL");
  await delay(100);
  expect(processesWith(id).length).toBeGreaterThan(0);
  expect(await Sandbox.list()).toEqual([]);
  expect(await processesGone(id)).toEqual([]);
});

async function startOwner(isolation: string, mode = "") {
  const program = join(import.meta.dirname, "fixtures", "owner.ts");
  const owner: ChildProcess = spawn(process.execPath, [program, isolation, mode], {
    env: { ...process.env, ...childTimings({ leaseMs }) },
    stdio: ["ignore", "pipe", mode === "throws" ? "ignore" : "inherit"],
  });
  owners.push(owner);
  if (owner.stdout === null) throw new Error("no output");
  const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
  const id = (await lines.next()).value as string;
  // A process that is just becoming another program has neither's arguments.
  await expect.poll(() => processesWith(id).length).toBeGreaterThan(0);
  const record = JSON.parse(readFileSync(join(home, "sandboxes", id, "sandbox.json"), "utf8"));
  return { owner, id, lines, init: record.processes.init.pid as number };
}
