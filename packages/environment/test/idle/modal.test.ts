import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { RpcClient } from "@seer/rpc";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { idleClock } from "../../src/idle/idle-clock.ts";
import { Sandbox, ScopedSandbox } from "../../src/index.ts";
import { errorOf, useOwnHome } from "../support/home.ts";
import { idleFixture } from "../support/idle-host.ts";
import { startModal } from "../support/modal-session.ts";
import { Progress } from "../support/stopped.ts";
import { surfacesOf } from "../support/surfaces.ts";

useOwnHome();
const minute = 60_000;
let emulator: ModalEmulator;

describe.skipIf((await emulationObstacle()) !== undefined)("idle sandboxes on Modal", () => {
  beforeAll(async () => {
    ({ emulator } = await startModal());
    emulator.trustTunnels();
    // Programs that are started from here trust the tunnels, too; they do not have to, for they call this machine.
    for (const name of Object.keys(emulator.env)) vi.stubEnv(name, emulator.env[name]);
  });
  afterEach(() => {
    emulator.faults.clear();
    vi.restoreAllMocks();
    expect(alive(), "what a sandbox has left").toEqual([]);
  });

  const alive = () => emulator.sandboxes().filter(({ state }) => state !== "finished");

  /** Idle times go by the emulator's clock, as the bill does. */
  const useEmulatedTime = () => {
    const { clock } = emulator;
    vi.spyOn(idleClock, "now").mockImplementation(() => clock.now());
    vi.spyOn(idleClock, "after").mockImplementation((ms, ring) => clock.setAlarm(clock.now() + ms, ring));
  };

  test.each([
    { action: "snapshot", gpu: "H100" },
    { action: "stop", gpu: null },
  ] as const)("an agent that thinks 90 % of the time, with $action and gpu $gpu", async ({ action, gpu }) => {
    useEmulatedTime();
    const { clock } = emulator;
    const progress = new Progress();
    const idle = { afterMs: minute, action };
    const before = emulator.billing().length;
    const began = clock.now();
    const scoped = await new ScopedSandbox(
      { backend: "modal", executionMode: "cli", gpu, idle, timeoutMs: 6 * 60 * minute },
      progress,
    ).start();
    try {
      await using surfaces = await surfacesOf(scoped, idleFixture);
      const { client, ...others } = surfaces.ways;
      let stops = 0;
      let runningMs = 0;
      const failures: unknown[] = [];
      const work = (call: Promise<unknown>) => call.catch((error: unknown) => failures.push(error));
      const firstCallAt = clock.now();
      for (const way of [client, ...Object.values(others)]) {
        const from = clock.now();
        await work(way("count"));
        // A call of two minutes, which is longer than the idle time.
        const long = scoped.exec("sleep 1; echo worked");
        clock.advance(2 * minute);
        await work(long);
        // And then it thinks.
        clock.advance(minute);
        stops++;
        await expect.poll(() => alive().length).toBe(0);
        expect(progress.count("Idle for")).toBe(stops);
        runningMs += clock.now() - from;
        clock.advance(17 * minute);
      }
      const wallMs = clock.now() - began;
      const billed = emulator.billing().slice(before);
      const seconds = billed.reduce((sum, one) => sum + (gpu === null ? one.seconds : one.gpuSeconds), 0);
      console.log(
        `idle, ${action}: billed ${(seconds / 60).toFixed(1)} of ${(wallMs / minute).toFixed(1)} min`,
      );
      expect(failures).toEqual([]);
      // At least the three minutes of each round, and nothing of the 17 that follow.
      expect(seconds * 1000).toBeGreaterThanOrEqual(stops * 3 * minute);
      expect(seconds * 1000).toBeLessThanOrEqual(runningMs + (firstCallAt - began));
      expect(billed).toHaveLength(stops);
    } finally {
      await scoped.terminate();
    }
  });

  test("it is found by its first ID, with its files", async () => {
    const progress = new Progress();
    await using sandbox = await new Sandbox(
      { backend: "modal", executionMode: "cli", idle: { afterMs: 1000, action: "snapshot" } },
      progress,
    ).start();
    const { sandboxId } = sandbox;
    await sandbox.writeFile("note", "kept");
    await expect.poll(() => alive().length).toBe(0);
    expect(await sandbox.exec("cat note")).toBe("kept");
    expect(sandbox.sandboxId).toBe(sandboxId);
    await using again = await Sandbox.fromId(sandboxId);
    expect(await again.exec("cat note")).toBe("kept");
  });

  test("the call reports that Modal has no capacity", async () => {
    const progress = new Progress();
    await using scoped = await new ScopedSandbox(
      { backend: "modal", executionMode: "cli", idle: { afterMs: 1000, action: "stop" } },
      progress,
    ).start();
    await scoped.serve(idleFixture, { exposeAs: "prompt", name: "tools" });
    const [served] = scoped.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    await expect.poll(() => alive().length).toBe(0);
    emulator.faults.fail(/SandboxCreate/, { code: "RESOURCE_EXHAUSTED", times: 100 });
    const error = await errorOf(client.call("count"));
    expect(error.code).toBe("rpc/load-failed");
    expect(alive()).toEqual([]);
    emulator.faults.clear();
    expect(await client.call("count")).toBe(1);
  });
});
