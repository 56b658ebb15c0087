import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ModelConfigInput, parseSandboxConfig } from "@seer/config";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { ModalSession } from "../../src/backends/modal/session.ts";
import { placeWeights } from "../../src/backends/modal/weights/place-weights.ts";
import { Sandbox } from "../../src/index.ts";
import { modelSteps } from "../../src/plan/model-steps.ts";
import type { BackendStartOptions } from "../../src/runtime/backend.ts";
import type { MeteredInstance } from "../../src/runtime/meter.ts";
import { errorOf, temporaryDirectory, useOwnHome } from "../support/home.ts";
import { useHub } from "../support/hub.ts";
import { startModal } from "../support/modal-session.ts";

useOwnHome();
const hub = useHub();
let emulator: ModalEmulator;
let session: ModalSession;
const weights = randomBytes(300_000);
const config = JSON.stringify({ model_type: "tiny", _name_or_path: "org/tiny" });

afterEach(() => {
  emulator?.faults.clear();
  hub.emulator.faults.clear();
});

describe.skipIf((await emulationObstacle()) !== undefined)("weights on Modal", () => {
  beforeAll(async () => {
    ({ emulator, session } = await startModal());
    await hub.emulator.addRepo("org/tiny", { "config.json": config, "model.safetensors": weights });
  });

  it("are in a volume before a GPU is paid for, and stay there", async () => {
    const models = [{ name: "org/tiny" }];
    const held = emulator.faults.holdCapacity({ gpu: "H100" });
    const sandbox = new Sandbox({ backend: "modal", executionMode: "cli", gpu: "H100", models });
    const starting = sandbox.start();
    await expect.poll(() => held.waiting).toBe(1);
    const [filling, ...others] = emulator.billing();
    expect(others).toEqual([]);
    expect(filling).toMatchObject({
      gpuSeconds: 0,
      gpuCount: 0,
      tags: { seer: "1", "seer-purpose": "weights" },
    });
    expect(filling?.endedAt).toBeDefined();
    const creations = emulator.calls().filter(({ method }) => /^SandboxCreate/.test(method));
    expect(creations.map(({ method }) => method)).toEqual(["SandboxCreateV2", "SandboxCreate"]);
    expect(hub.bytesSent()).toBeGreaterThan(weights.length);
    held.release();
    await using started = await starting;
    expect(await started.exec("sha256sum < $MODEL_ORG_TINY_PATH/model.safetensors")).toContain(
      createHash("sha256").update(weights).digest("hex"),
    );
    expect(await errorOf(started.exec("touch /models/org--tiny/new"))).toMatchObject({
      message: expect.stringContaining("Read-only file system"),
    });
    const before = emulator.sandboxes().length;
    const { lines } = await place(models);
    expect(emulator.sandboxes()).toHaveLength(before);
    expect(lines).toEqual(["Model org/tiny: found in its volume on Modal"]);
    expect(hub.bytesSent()).toBeLessThan(10_000);
  });

  it("are looked up by a sandbox if this user has no record of the volume", async () => {
    process.env.SEER_HOME = await temporaryDirectory();
    hub.bytesSent();
    const { metered } = await place([{ name: "org/tiny" }]);
    expect(metered).toMatchObject([{ purpose: "weights", gpu: null }]);
    expect(hub.bytesSent()).toBeLessThan(10_000);
  });

  it("are fetched with progress, at the commit that a revision has now", async () => {
    const repo = await hub.emulator.addRepo("org/moving", {
      "config.json": "{}",
      "model.safetensors": weights,
    });
    const first = await place([{ name: "org/moving" }]);
    await repo.commit({ "config.json": "{}", "model.safetensors": randomBytes(300_000) });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 150_000 });
    const second = await place([{ name: "org/moving" }]);
    expect(second.models[0]?.source).not.toEqual(first.models[0]?.source);
    expect(second.volumes["/models/org--moving"]?.name).not.toBe(first.volumes["/models/org--moving"]?.name);
    expect(second.lines.join("\n")).toMatch(/Model org\/moving: [\d.]+ (kB|bytes) of 300 kB/);
    // The script tells it four times a second.
    expect(second.lines.filter((line) => line.includes(" of ")).length).toBeLessThanOrEqual(3);
  });

  it("that are gated need a token, which is not the sandbox's and in no list", async () => {
    const token = "hf_grantedToThisAccount";
    await hub.emulator.addRepo(
      "org/gated",
      { "config.json": "{}", "model.safetensors": weights },
      { gated: true, allowed: [token] },
    );
    const error = await errorOf(place([{ name: "org/gated" }]));
    expect(error.code).toBe("environment/model-gated");
    expect(error.hint).toMatch(/Accept its licence at http.*\/org\/gated.*HF_TOKEN/);
    expect(volumeNames()).not.toContain("org--gated");
    vi.stubEnv("HF_TOKEN", token);
    await place([{ name: "org/gated" }]);
    expect(
      JSON.stringify([emulator.sandboxes().map(({ tags, definition }) => [tags, definition.command])]),
    ).not.toContain(token);
  });

  it("that do not exist leave neither a volume nor a sandbox", async () => {
    const error = await errorOf(place([{ name: "org/tiny" }, { name: "org/absent", varName: "other" }]));
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toContain("org/absent");
    expect(volumeNames()).not.toContain("org--absent");
    expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
  });

  it("are complete or absent after an interrupted start, which keeps complete files", async () => {
    const [first, second] = [randomBytes(2_000_000), randomBytes(30_000_000)];
    const files = { "config.json": "{}", "a.safetensors": first, "b.safetensors": second };
    await hub.emulator.addRepo("org/large", files);
    const path = /b\.safetensors/;
    hub.emulator.faults.slowDownload({ path, bytesPerSecond: 5_000_000 });
    const abort = new AbortController();
    const placing = errorOf(place([{ name: "org/large" }], { signal: abort.signal }));
    const there = () => filesIn(directoryOf("org--large")).catch(() => []);
    await expect.poll(async () => (await there()).some(({ size }) => size > 5_000_000)).toBe(true);
    abort.abort(new Error("enough"));
    expect((await placing).message).toBe("enough");
    expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
    expect((await there()).map((file) => file.path)).not.toContain("weights/b.safetensors");
    hub.emulator.faults.clear();
    hub.bytesSent();
    await place([{ name: "org/large" }]);
    expect(hub.bytesSent()).toBeLessThan(second.length + 1000);
    for (const [name, content] of [
      ["a", first],
      ["b", second],
    ] as const) {
      const file = join(directoryOf("org--large"), `weights/${name}.safetensors`);
      expect(Buffer.compare(await readFile(file), content)).toBe(0);
    }
  });

  it("arrive despite lost connections, but not if their sandbox is killed", async () => {
    const large = randomBytes(1_500_000);
    await hub.emulator.addRepo("org/broken", { "config.json": "{}", "model.safetensors": large });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 750_000 });
    const partial = () => filesIn(directoryOf("org--broken")).catch(() => []);
    const hasBegun = async () => (await partial()).some(({ size }) => size > 200_000);
    const crashing = errorOf(place([{ name: "org/broken" }]));
    await expect.poll(hasBegun).toBe(true);
    await emulator.faults.crashSandbox(emulator.sandboxes().at(-1)?.id ?? "");
    expect(await crashing).toMatchObject({
      code: "environment/backend-unreachable",
      message: expect.stringContaining("that fills the volume of the model org/broken ended early"),
    });
    const placing = place([{ name: "org/broken" }]);
    await expect.poll(() => emulator.sandboxes().at(-1)?.state).toBe("running");
    emulator.faults.dropConnections();
    await placing;
    expect(await readFile(join(directoryOf("org--broken"), "weights/model.safetensors"))).toEqual(large);
  });

  it("of one model are fetched once by two concurrent starts", async () => {
    await hub.emulator.addRepo("org/shared", { "config.json": "{}", "model.safetensors": weights });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 300_000 });
    hub.bytesSent();
    const [one, two] = await Promise.all([place([{ name: "org/shared" }]), place([{ name: "org/shared" }])]);
    expect([...one.lines, ...two.lines]).toContain(
      "Model org/shared: waiting for another start to fill its volume",
    );
    expect(hub.bytesSent()).toBeLessThan(2 * weights.length);
    expect(two.volumes["/models/org--shared"]?.volumeId).toBe(one.volumes["/models/org--shared"]?.volumeId);
  });

  it("of a hidden adapter and its base, which only the adapter names, do not tell which they are", async () => {
    const adapter = { peft_type: "LORA", base_model_name_or_path: "org/tiny", revision: null };
    await hub.emulator.addRepo("org/telling-adapter", {
      "adapter_config.json": JSON.stringify(adapter),
      "adapter_model.safetensors": weights,
    });
    const models = [{ name: "org/telling-adapter", isPeft: true, hidden: true, varName: "subject" }];
    const placed = await place(models);
    expect(Object.keys(placed.volumes).toSorted()).toEqual(["/models/subject", "/models/subject-base"]);
    for (const { name } of Object.values(placed.volumes)) {
      expect(await readdir(emulator.volumeDirectory(name ?? "") ?? "")).not.toContain("fetched");
    }
    await using sandbox = await new Sandbox({ backend: "modal", executionMode: "cli", models }).start();
    expect(sandbox.modelHandles).toMatchObject([
      { name: "subject", path: "/models/subject", basePath: "/models/subject-base" },
    ]);
    const everything = await sandbox.exec(
      "env; cat /proc/self/mountinfo; ls -lAR /models; find /models -name '*.json' -exec cat {} +; ls -lAR /opt/seer/run; cat /opt/seer/run/*.json",
    );
    expect(everything).toContain("/models/subject-base");
    // Its architecture stays.
    expect(everything).not.toMatch(/org.{1,2}tiny|telling/);
    const adapted = JSON.parse(await sandbox.exec("cat /models/subject/adapter_config.json"));
    expect(adapted).toMatchObject({ peft_type: "LORA", base_model_name_or_path: "/models/subject-base" });
  });

  it.each(["/etc", "~/.ssh", "../..", "."])(
    "of an adapter of the hub are refused when it names the directory %s as its base",
    async (directory) => {
      const name = `org/names-${Buffer.from(directory).toString("hex")}`;
      await hub.emulator.addRepo(name, {
        "adapter_config.json": JSON.stringify({ base_model_name_or_path: directory }),
        "adapter_model.safetensors": weights,
      });
      for (const hidden of [false, true]) {
        const other = { name: await temporaryDirectory(), varName: "other" };
        const error = await errorOf(place([{ name, isPeft: true, hidden }, other]));
        expect(error.code).toBe("environment/model-unavailable");
        expect(error.message).toMatch(/names the directory .* as its base, which is neither configured/);
      }
      expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
    },
  );

  it("of a directory that stands in for a model of the hub are those of the directory", async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, "config.json"), '{"own": true}');
    await hub.emulator.addRepo("org/standing-adapter", {
      "adapter_config.json": '{"base_model_name_or_path": "org/absent"}',
      "adapter_model.safetensors": weights,
    });
    const models = [
      { name: "org/absent", path: directory },
      { name: "org/standing-adapter", isPeft: true, varName: "tuned" },
    ];
    await using sandbox = await new Sandbox({ backend: "modal", executionMode: "cli", models }).start();
    expect(sandbox.modelHandles).toMatchObject([
      { name: "org/absent", path: "/models/org--absent" },
      { name: "org/standing-adapter", basePath: "/models/org--absent" },
    ]);
    expect(await sandbox.exec("cat $MODEL_ORG_ABSENT_PATH/config.json")).toBe('{"own": true}');
  });

  it("of this machine's directories are uploaded once for their content, and gone on with", async () => {
    const directory = join(await temporaryDirectory(), "my model");
    await mkdir(join(directory, "nested"), { recursive: true });
    await writeFile(join(directory, "config.json"), config);
    await writeFile(join(directory, "nested", "it's.bin"), weights);
    const { volumes, metered } = await place([{ name: directory }]);
    expect(metered).toHaveLength(1);
    const root = join(emulator.volumeDirectory(volumes["/models/my model"]?.name ?? "") ?? "", "weights");
    expect(await readFile(join(root, "nested", "it's.bin"))).toEqual(weights);
    expect((await place([{ name: directory }])).metered).toEqual([]);
    // As after an upload that was broken off.
    const sent = (await stat(join(root, "nested", "it's.bin"))).mtimeMs;
    await rm(join(root, "config.json"));
    await rm(join(root, "..", "filled.json"));
    process.env.SEER_HOME = await temporaryDirectory();
    await place([{ name: directory }]);
    expect(await readFile(join(root, "config.json"), "utf8")).toBe(config);
    expect((await stat(join(root, "nested", "it's.bin"))).mtimeMs).toBe(sent);
    await writeFile(join(directory, "config.json"), "{}");
    const changed = await place([{ name: directory }]);
    expect(changed.metered).toHaveLength(1);
    expect(changed.volumes["/models/my model"]?.name).not.toBe(volumes["/models/my model"]?.name);
  });

  function volumeNames(): string {
    return emulator
      .volumes()
      .map(({ name }) => name)
      .join(" ");
  }

  function directoryOf(part: string): string {
    const name = emulator
      .volumes()
      .map(({ name }) => name)
      .findLast((one) => one?.includes(part));
    return emulator.volumeDirectory(name ?? "") ?? "/nowhere";
  }
});

async function filesIn(directory: string): Promise<{ path: string; size: number }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path: relative(directory, path), size: (await stat(path)).size };
      }),
  );
}

async function place(models: ModelConfigInput[], { signal }: { signal?: AbortSignal } = {}) {
  const lines: string[] = [];
  const metered: MeteredInstance[] = [];
  const ended: string[] = [];
  const options: BackendStartOptions = {
    secrets: {},
    isolation: "auto",
    meter: {
      begin: (machine) => metered.push(machine),
      end: (id) => ended.push(id),
      timeLimit: (_, timeoutMs) => ({ timeoutMs: timeoutMs ?? null, timeoutReason: "timeout" as const }),
    },
    onInstance: () => {},
    onProgress: (line) => lines.push(line),
    signal,
  };
  const placed = await placeWeights(session, modelSteps(parseSandboxConfig({ models }).models), options);
  expect(ended).toEqual(metered.map(({ id }) => id));
  return { ...placed, lines: lines.filter((line) => line.startsWith("Model")), metered };
}
