import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";
import { changeTimings, childTimings } from "../support/timings.ts";

useOwnHome();
let emulator: ModalEmulator;
const owners: ChildProcess[] = [];

describe.skipIf((await emulationObstacle()) !== undefined)("the owner of a sandbox on Modal", () => {
  beforeAll(async () => {
    ({ emulator } = await startModal());
    await (await new Sandbox({ backend: "modal", executionMode: "cli" }).start()).terminate();
  });
  afterEach(() => {
    emulator.faults.clear();
    for (const owner of owners.splice(0)) owner.kill("SIGKILL");
  });

  const alive = () => emulator.sandboxes().filter(({ state }) => state !== "finished");

  test.each(["SIGINT", "SIGTERM"] as const)("takes it with it when %s ends it", async (signal) => {
    const { owner } = await startOwner();
    expect(alive()).toHaveLength(1);
    owner.kill(signal);
    expect((await once(owner, "exit"))[1]).toBe(signal);
    // Not later: it has waited for that.
    expect(alive()).toEqual([]);
  });

  test.each(["throws", "exits"])("takes it with it when it %s", async (mode) => {
    const { owner } = await startOwner(mode);
    owner.kill("SIGUSR2");
    await once(owner, "exit");
    expect(alive()).toEqual([]);
  });

  test("that has nothing left to do ends, and takes it with it", async () => {
    const { owner } = await startOwner("ends");
    await once(owner, "exit");
    expect(alive()).toEqual([]);
  });

  test("that is interrupted while it waits for a GPU leaves none behind", async () => {
    const hold = emulator.faults.holdCapacity();
    const { owner } = await startOwner("waits");
    await expect.poll(() => hold.waiting === 1).toBe(true);
    owner.kill("SIGINT");
    expect((await once(owner, "exit"))[1]).toBe("SIGINT");
    expect(alive()).toEqual([]);
  });

  test("that is killed leaves it to its lease, which another process can take over", async () => {
    const leaseMs = 2000;
    const { owner, line: id } = await startOwner("", leaseMs);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    expect(alive()).toHaveLength(1);
    const changed = changeTimings({ leaseMs });
    const taken = await Sandbox.fromId(id);
    await delay(2 * leaseMs);
    expect(await taken.exec("echo alive")).toBe("alive\n");
    expect((await Sandbox.list()).map(({ ownerAlive }) => ownerAlive)).toEqual([false]);
    await taken[Symbol.asyncDispose]();
    changed[Symbol.dispose]();
    await expect.poll(() => alive().length === 0).toBe(true);
    expect(emulator.sandboxes().find((sandbox) => sandbox.id === id)?.result?.exitcode).toBe(82);
  });
});

async function startOwner(mode = "", leaseMs = 90_000): Promise<{ owner: ChildProcess; line: string }> {
  const script = join(import.meta.dirname, "..", "fixtures", "modal-owner.ts");
  const owner = spawn(process.execPath, [script, mode], {
    env: { ...process.env, ...emulator.env, ...childTimings({ leaseMs }) },
    stdio: ["ignore", "pipe", mode === "throws" ? "ignore" : "inherit"],
  });
  owners.push(owner);
  const [line] = (await once(createInterface({ input: owner.stdout as NodeJS.ReadableStream }), "line")) as [
    string,
  ];
  return { owner, line };
}
