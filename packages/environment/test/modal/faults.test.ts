import { setTimeout as delay } from "node:timers/promises";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import type { Sandbox as ModalSandbox } from "modal";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { errorOf, useOwnHome } from "../support/home.ts";
import { startModal } from "../support/modal-session.ts";
import { changeTimings } from "../support/timings.ts";

useOwnHome();
let emulator: ModalEmulator;
const config = { backend: "modal", executionMode: "cli" } as const;

describe.skipIf((await emulationObstacle()) !== undefined)("Modal, when things go wrong", () => {
  beforeAll(async () => {
    vi.stubEnv("MODAL_MAX_THROTTLE_WAIT", "1");
    ({ emulator } = await startModal());
    // What all of them need is built once.
    await (await new Sandbox(config).start()).terminate();
  });
  afterEach(() => emulator.faults.clear());
  afterAll(() => vi.unstubAllEnvs());

  const until = (condition: () => boolean) => expect.poll(condition).toBe(true);
  const alive = () => emulator.sandboxes().filter(({ state }) => state !== "finished");

  describe.each([
    { version: 2, machine: {}, create: "SandboxCreateV2" },
    { version: 1, machine: { gpu: "H100" }, create: "SandboxCreate" },
  ])("with version $version", ({ machine, create }) => {
    test("a lost answer leaves one sandbox", async () => {
      const lost = emulator.faults.loseReply(create);
      await using sandbox = await new Sandbox({ ...config, ...machine }).start();
      expect(lost.hits).toBe(1);
      expect(alive().map(({ id }) => id)).toEqual([sandbox.sandboxId]);
    });

    test("servers that do not answer are an error that says so, and leave nothing", async () => {
      emulator.faults.fail(create, { times: 10, message: "out of order" });
      const error = await errorOf(new Sandbox({ ...config, ...machine }).start());
      expect(error).toMatchObject({ code: "environment/backend-unreachable" });
      expect(error.message).toContain("out of order");
      expect(alive()).toEqual([]);
    });

    test("throttling is not waited for without end", async () => {
      emulator.faults.throttle(create, { times: 1000, retryAfterMs: 400 });
      const error = await errorOf(new Sandbox({ ...config, ...machine }).start());
      expect(error.code).toMatch(/backend-unreachable|gpu-unavailable/);
      expect(alive()).toEqual([]);
    });

    test("an expired token is renewed", async () => {
      emulator.faults.expireTokens();
      await using sandbox = await new Sandbox({ ...config, ...machine }).start();
      expect(await sandbox.exec("echo renewed")).toBe("renewed\n");
    });

    test("a token that is not renewed is an error, and leaves nothing", async () => {
      emulator.faults.expireTokens({ times: 2 });
      const error = await errorOf(new Sandbox({ ...config, ...machine }).start());
      expect(error).toMatchObject({ code: "environment/backend-unreachable" });
      expect(alive()).toEqual([]);
    });

    test("connections that break lose nothing of a command's output", async () => {
      await using sandbox = await new Sandbox({ ...config, ...machine }).start();
      const running = sandbox.run("echo first; sleep 0.5; seq 1 100000; exit 3");
      await delay(300);
      emulator.faults.dropConnections();
      const { exitCode, stdout } = await running;
      expect(exitCode).toBe(3);
      expect(stdout.split("\n").length).toBe(100_002);
    });

    test("a machine that dies is said to be gone", async () => {
      await using sandbox = await new Sandbox({ ...config, ...machine }).start();
      const running = errorOf(sandbox.run("sleep 100"));
      await delay(200);
      await emulator.faults.crashSandbox(sandbox.sandboxId);
      const error = await running;
      expect(error).toMatchObject({ code: "environment/ended" });
      expect(error.message).toContain("its init process was killed");
    });

    test("a start that is aborted while Modal has no machine leaves none", async () => {
      const hold = emulator.faults.holdCapacity();
      const abort = new AbortController();
      const starting = errorOf(new Sandbox({ ...config, ...machine }).start({ signal: abort.signal }));
      await until(() => hold.waiting === 1);
      abort.abort(new Error("on purpose"));
      expect((await starting).message).toBe("on purpose");
      await until(() => alive().length === 0);
      hold.release();
      await delay(100);
      expect(alive()).toEqual([]);
    });

    test("a start that is aborted while Modal has not answered leaves none", async () => {
      const before = emulator.sandboxes().length;
      const hold = emulator.faults.hold(create);
      const abort = new AbortController();
      const starting = errorOf(new Sandbox({ ...config, ...machine }).start({ signal: abort.signal }));
      await until(() => hold.waiting === 1);
      abort.abort(new Error("on purpose"));
      expect((await starting).message).toBe("on purpose");
      hold.release();
      await until(() => emulator.sandboxes().length > before && alive().length === 0);
    });
  });

  test("no capacity for a GPU is an error after a while, and at once when Modal says so", async () => {
    const changed = changeTimings({ capacityMs: { cpu: 500, gpu: 500 } });
    const hold = emulator.faults.holdCapacity({ gpu: "H100" });
    const late = await errorOf(new Sandbox({ ...config, gpu: "H100", gpuCount: 2 }).start());
    expect(late).toMatchObject({
      code: "environment/gpu-unavailable",
      hint: expect.stringContaining("another GPU"),
    });
    expect(late.message).toContain("2 GPUs H100");
    await until(() => alive().length === 0);
    hold.release();
    changed[Symbol.dispose]();
    emulator.faults.fail("SandboxCreate", { code: "RESOURCE_EXHAUSTED", message: "all taken" });
    const refused = await errorOf(new Sandbox({ ...config, gpu: "H100" }).start());
    expect(refused).toMatchObject({ code: "environment/gpu-unavailable" });
    expect(refused.message).toContain("all taken");
    expect(alive()).toEqual([]);
  });

  test("a sandbox that ends while it starts is said not to have started, and is not billed on", async () => {
    const hold = emulator.faults.hold("TaskExecStart");
    const starting = errorOf(new Sandbox(config).start());
    await until(() => hold.waiting === 1);
    await emulator.faults.crashSandbox(alive()[0]?.id ?? "");
    hold.release();
    expect(await starting).toMatchObject({ code: "environment/start-failed" });
    expect(alive()).toEqual([]);
  });

  test("sandboxes whose start was cut off are ended by whoever looks next", async () => {
    await using sandbox = await new Sandbox(config).start();
    const native = sandbox.modalSandbox as ModalSandbox | undefined;
    const tags = emulator.sandboxes().find(({ id }) => id === sandbox.sandboxId)?.tags ?? {};
    const [host] = (tags["seer-owner"] ?? "").split("-");
    // Of a start on another machine nothing is known.
    await native?.setTags({ ...tags, "seer-state": "starting", "seer-owner": "elsewhere-1-x" });
    expect((await Sandbox.list()).map(({ state }) => state)).toEqual(["starting"]);
    await native?.setTags({ ...tags, "seer-state": "starting", "seer-owner": `${host}-4194304-x` });
    expect(await Sandbox.list()).toEqual([]);
    expect(alive()).toEqual([]);
  });

  test("a list without Modal's is given only to those who want it", async () => {
    emulator.faults.fail("SandboxListV2", { times: 8 });
    expect(await errorOf(Sandbox.list())).toMatchObject({ code: "environment/backend-unreachable" });
    const told: string[] = [];
    expect(await Sandbox.list({ onUnreachable: (backend) => told.push(backend) })).toEqual([]);
    expect(told).toEqual(["modal"]);
  });

  test("without an account nothing is asked, and a start says what to do", async () => {
    vi.stubEnv("MODAL_TOKEN_ID", undefined);
    const calls = emulator.calls().length;
    expect(await Sandbox.list()).toEqual([]);
    expect(await errorOf(Sandbox.fromId("nobody"))).toMatchObject({ code: "environment/not-found" });
    const error = await errorOf(new Sandbox(config).start());
    expect(error).toMatchObject({ code: "environment/credentials-missing" });
    expect(error.hint).toContain("modal token new");
    expect(emulator.calls().length).toBe(calls);
    vi.stubEnv("MODAL_TOKEN_ID", "ak-wrong");
    expect(await errorOf(new Sandbox(config).start())).toMatchObject({
      code: "environment/credentials-missing",
    });
  });
});
