import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { noteUse } from "@seer/system";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { listStored, removeStored, Sandbox, type StorageKind, type StoredItem } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useHub } from "./support/hub.ts";

const home = useOwnHome();
const hub = useHub();
const executionMode = "cli";
const weights = Buffer.alloc(300_000, 1);

beforeAll(async () => {
  await hub.emulator.addRepo("lab/small", { "config.json": "{}", "model.safetensors": weights });
  await hub.emulator.addRepo("lab/base", { "config.json": "{}", "model.safetensors": weights });
  await hub.emulator.addRepo("lab/adapter", {
    "adapter_config.json": '{"base_model_name_or_path": "lab/base", "peft_type": "LORA", "revision": null}',
    "adapter_model.safetensors": weights.subarray(0, 1000),
  });
});

async function stored(kind: StorageKind, description: RegExp): Promise<StoredItem | undefined> {
  return (await listStored([kind])).find((item) => description.test(item.description));
}

describe.each(isolations)("with isolation %s", (isolation) => {
  test("what a sandbox of a process that was killed still uses is listed as used, and kept", async () => {
    const models = [
      { name: "lab/small", varName: "small" },
      { name: "lab/adapter", varName: "adapter", isPeft: true },
    ];
    const config = JSON.stringify({ executionMode, models });
    const program = join(import.meta.dirname, "fixtures", "storage-user.ts");
    const owner = spawn(process.execPath, [program, isolation, `owned-${isolation}`, config], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await Promise.race([once(owner.stdout, "data"), once(owner, "exit")]);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    await using sandbox = await Sandbox.fromId(String(line).trim());
    const uses = [
      await stored("environments", /^Python 3\.\d+\.\d+$/),
      await stored("models", /^lab\/small$/),
      await stored("models", /^lab\/adapter$/),
      await stored("models", /^lab\/base$/),
    ];
    for (const item of uses) {
      expect(item?.usedBy).toEqual([{ pid: expect.any(Number), sandbox: `owned-${isolation}` }]);
      expect(item && (await removeStored(item))).toBe(false);
    }
    expect(await sandbox.exec("cat $MODEL_LAB_SMALL_PATH/model.safetensors | wc -c")).toBe("300000\n");
    await sandbox.execPython("print(1)");
    await sandbox.terminate();

    for (const item of uses) expect(item && (await removeStored(item))).toBe(true);
    expect(await listStored(["environments", "models"])).toEqual([]);
    // A second removal of the same.
    expect(uses[0] && (await removeStored(uses[0]))).toBe(false);
  });
});

test("an environment is listed as used when the home is reached by a link", async () => {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, "real"));
  await symlink(join(folder, "real"), join(folder, "link"));
  vi.stubEnv("SEER_HOME", join(folder, "link"));
  try {
    await using _ = await new Sandbox({ executionMode }).start({ name: "linked" });
    const item = await stored("environments", /^Python/);
    expect(item?.usedBy).toContainEqual({ pid: expect.any(Number), sandbox: "linked" });
    expect(item && (await removeStored(item))).toBe(false);
  } finally {
    vi.stubEnv("SEER_HOME", home);
  }
});

test("a snapshot is used by the process that started from it, and removed with all its files", async () => {
  await using source = await new Sandbox({ executionMode }).start({ name: "source" });
  await source.writeFile("data", Buffer.alloc(2_000_000, 1));
  const snapshot = await source.snapshot("trained");
  const item = await stored("snapshots", /trained/);
  expect(item).toMatchObject({ id: snapshot.id, usedBy: [], lastUsedAt: snapshot.createdAt });
  expect(item?.description).toBe(`${snapshot.id} of source: trained`);
  expect(item?.bytes).toBeGreaterThanOrEqual(2_000_000);

  await using started = await Sandbox.fromSnapshot(snapshot);
  expect((await stored("snapshots", /trained/))?.usedBy).toEqual([{ pid: process.pid }]);
  expect(item && (await removeStored(item))).toBe(false);
  expect((await started.readFile("data")).length).toBe(2_000_000);

  const second = await source.snapshot("unused");
  const unused = await stored("snapshots", /unused/);
  expect(unused && (await removeStored(unused))).toBe(true);
  await expect(access(join(home, "snapshots", second.id))).rejects.toThrow("ENOENT");
  expect((await errorOf(Sandbox.fromSnapshot(second))).code).toBe("environment/snapshot-not-found");
});

test("a model of the cache that no sandbox has used is not listed", async () => {
  await mkdir(join(hub.home, "hub", "models--lab--of-others", "blobs"), { recursive: true });
  expect(await stored("models", /of-others/)).toBeUndefined();
  await noteUse("models--lab--of-others");
  expect(await stored("models", /of-others/)).toMatchObject({ description: "lab/of-others" });
});

test("what a removal left that was killed in the middle is removed by the next listing", async () => {
  const hub = await temporaryDirectory();
  vi.stubEnv("HF_HUB_CACHE", hub);
  try {
    const left = [join(hub, ".seer-removed-models--a--b"), join(home, "cache.removed")];
    for (const directory of left) await mkdir(join(directory, "files"), { recursive: true });
    await listStored(["models", "downloads"]);
    for (const directory of left) await expect(access(directory), directory).rejects.toThrow("ENOENT");
  } finally {
    vi.stubEnv("HF_HUB_CACHE", undefined);
  }
});
