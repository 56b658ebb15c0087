import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../src/index.ts";
import { temporaryDirectory, useOwnHome } from "../support/home.ts";
import { useHub } from "../support/hub.ts";
import { startModal } from "../support/modal-session.ts";
import { childTimings } from "../support/timings.ts";

useOwnHome();
const hub = useHub();
// People have a minute and a half; a test has not.
const leaseMs = 1500;
const weights = randomBytes(1_000_000);
let emulator: ModalEmulator;
let config: object;
let owner: ChildProcess | undefined;

/** What Modal is asked as a start goes on; the owner is killed while it waits for the answer. */
const beforeWeights = ["AppGetOrCreate", "ImageJoinStreaming", "VolumeGetOrCreate", "SandboxCreateV2"];
const afterWeights = [
  "SandboxTerminateV2",
  "SecretGetOrCreate",
  "SandboxCreate",
  "SandboxGetTaskId",
  "TaskGetCommandRouterAccess",
  "SandboxTagsSet",
];

describe.skipIf((await emulationObstacle()) !== undefined)("kill -9 of the owner on Modal", () => {
  beforeAll(async () => {
    ({ emulator } = await startModal());
    await hub.emulator.addRepo("lab/gemma", { "config.json": "{}", "model.safetensors": weights });
    const folder = await temporaryDirectory();
    await writeFile(join(folder, "notes.txt"), "notes");
    vi.stubEnv("SEER_TEST_TOKEN", "sk-secret");
    config = {
      backend: "modal",
      executionMode: "cli",
      gpu: "H100",
      models: [{ name: "lab/gemma" }],
      secrets: ["SEER_TEST_TOKEN"],
      localFiles: [[join(folder, "notes.txt"), "notes.txt"]],
    };
  });
  afterEach(async () => {
    owner?.kill("SIGKILL");
    emulator.faults.clear();
    hub.emulator.faults.clear();
    await expect.poll(left).toEqual([]);
    expect(await Sandbox.list()).toEqual([]);
  });
  afterAll(() => vi.unstubAllEnvs());

  const left = () => [
    ...emulator.sandboxes().flatMap(({ id, state }) => (state === "finished" ? [] : [`${id} ${state}`])),
    ...emulator.billing().flatMap(({ sandboxId, endedAt }) => (endedAt ? [] : [`${sandboxId} billed`])),
  ];
  const begin = () => {
    const program = join(import.meta.dirname, "..", "fixtures", "modal-owner.ts");
    const env = { ...process.env, ...emulator.env, ...childTimings({ leaseMs }) };
    owner = spawn(process.execPath, [program, "", JSON.stringify(config)], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return owner;
  };
  const kill = async () => {
    owner?.kill("SIGKILL");
    if (owner?.signalCode === null) await once(owner, "exit");
  };

  const killAt = async (method: string) => {
    const hold = emulator.faults.hold(method);
    begin();
    await expect.poll(() => hold.waiting > 0).toBe(true);
    await kill();
    // What was asked for is made although nobody waits for it.
    hold.release();
  };

  test.each(beforeWeights)("at %s leaves nothing that runs or is billed", killAt);

  test("as weights come, which the next start goes on with", async () => {
    const slow = hub.emulator.faults.slowDownload({ path: /model\.safetensors/, bytesPerSecond: 50_000 });
    begin();
    await expect.poll(() => slow.hits > 0).toBe(true);
    await kill();
    expect(await fetchedBytes()).toBeLessThan(weights.length);
  });

  test.each(afterWeights)("at %s leaves nothing that runs or is billed", killAt);

  test("as it waits for a GPU", async () => {
    const hold = emulator.faults.holdCapacity();
    begin();
    await expect.poll(() => hold.waiting === 1).toBe(true);
    await kill();
    hold.release();
  });

  test("and nothing is in the way of the next start", async () => {
    await using sandbox = await new Sandbox(config).start();
    expect(await sandbox.exec("cat notes.txt; stat -Lc %s $MODEL_LAB_GEMMA_PATH/model.safetensors")).toBe(
      `notes${weights.length}\n`,
    );
  });
});

/** Of the weights, in whatever files they come. */
async function fetchedBytes(): Promise<number> {
  const { name = "" } = emulator.volumes().find(({ name }) => name?.includes("lab--gemma")) ?? {};
  const root = emulator.volumeDirectory(name) ?? "/nowhere";
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  // The client of the hub removes files meanwhile.
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  const sizes = files.map((file) => sizeOf(join(file.parentPath, file.name)));
  return Math.max(0, ...(await Promise.all(sizes)));
}
