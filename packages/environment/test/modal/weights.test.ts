import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ModelConfigInput, parseSandboxConfig } from "@seer/config";
import { emulationObstacle, type ModalEmulator } from "@seer/modal-emulator";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { BackendStartOptions, MeteredMachine } from "../../src/backends/backend.ts";
import type { ModalSession } from "../../src/backends/modal/session.ts";
import { placeWeights } from "../../src/backends/modal/weights/place-weights.ts";
import { Sandbox } from "../../src/index.ts";
import { placeModels } from "../../src/plan/place-models.ts";
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

  it("are in a volume before there is a GPU to pay for, and stay there", async () => {
    const models = [{ name: "org/tiny" }];
    const held = emulator.faults.holdCapacity({ gpu: "H100" });
    const sandbox = new Sandbox({ backend: "modal", executionMode: "cli", gpu: "H100", models });
    const starting = sandbox.start();
    await vi.waitFor(() => expect(held.waiting).toBe(1), 60_000);
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
    expect(lines).toEqual(["Model org/tiny: in its volume on Modal"]);
    expect(hub.bytesSent()).toBeLessThan(10_000);
  });

  it("are looked for by a machine where this user has not seen them yet", async () => {
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
    expect(second.lines.join("\n")).toMatch(/Model org\/moving: \d+\.\d of 300\.\d kB/);
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

  it("that do not exist leave neither a volume nor a machine", async () => {
    const error = await errorOf(place([{ name: "org/tiny" }, { name: "org/absent", varName: "other" }]));
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toContain("org/absent");
    expect(volumeNames()).not.toContain("org--absent");
    expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
  });

  it("are gone on with where a start was broken off, and complete or not at all", async () => {
    const large = randomBytes(4_000_000);
    await hub.emulator.addRepo("org/large", { "config.json": "{}", "model.safetensors": large });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 1_000_000 });
    const abort = new AbortController();
    const placing = errorOf(place([{ name: "org/large" }], { signal: abort.signal }));
    const partial = () => filesIn(directoryOf("org--large")).catch(() => []);
    hub.bytesSent();
    await vi.waitFor(
      async () => expect((await partial()).some(({ size }) => size > 1_000_000)).toBe(true),
      60_000,
    );
    abort.abort(new Error("enough"));
    expect((await placing).message).toBe("enough");
    expect(emulator.sandboxes().filter(({ state }) => state !== "finished")).toEqual([]);
    expect((await partial()).map(({ path }) => path)).not.toContain("weights/model.safetensors");
    hub.emulator.faults.clear();
    hub.bytesSent();
    await place([{ name: "org/large" }]);
    expect(hub.bytesSent()).toBeLessThan(3_500_000);
    expect(await readFile(join(directoryOf("org--large"), "weights/model.safetensors"))).toEqual(large);
  });

  it("arrive though connections break, and not though their machine does", async () => {
    const large = randomBytes(1_500_000);
    await hub.emulator.addRepo("org/broken", { "config.json": "{}", "model.safetensors": large });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 750_000 });
    const partial = () => filesIn(directoryOf("org--broken")).catch(() => []);
    const hasBegun = async () => expect((await partial()).some(({ size }) => size > 200_000)).toBe(true);
    const crashing = errorOf(place([{ name: "org/broken" }]));
    await vi.waitFor(hasBegun, 60_000);
    await emulator.faults.crashSandbox(emulator.sandboxes().at(-1)?.id ?? "");
    expect(await crashing).toMatchObject({
      code: "environment/backend-unreachable",
      message: expect.stringContaining("that places the model org/broken ended too early"),
    });
    const placing = place([{ name: "org/broken" }]);
    await vi.waitFor(async () => expect(emulator.sandboxes().at(-1)?.state).toBe("running"), 60_000);
    emulator.faults.dropConnections();
    await placing;
    expect(await readFile(join(directoryOf("org--broken"), "weights/model.safetensors"))).toEqual(large);
  });

  it("of one model are fetched once by two starts at the same time", async () => {
    await hub.emulator.addRepo("org/shared", { "config.json": "{}", "model.safetensors": weights });
    hub.emulator.faults.slowDownload({ bytesPerSecond: 300_000 });
    hub.bytesSent();
    const [one, two] = await Promise.all([place([{ name: "org/shared" }]), place([{ name: "org/shared" }])]);
    expect([...one.lines, ...two.lines]).toContain(
      "Model org/shared: waiting for another start that places it",
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
  const metered: MeteredMachine[] = [];
  const ended: string[] = [];
  const options: BackendStartOptions = {
    secrets: {},
    isolation: "auto",
    meter: {
      begin: (machine) => metered.push(machine),
      end: (id) => ended.push(id),
      affordableMs: () => Number.POSITIVE_INFINITY,
    },
    onMachine: () => {},
    onProgress: (line) => lines.push(line),
    signal,
  };
  const placed = await placeWeights(session, placeModels(parseSandboxConfig({ models }).models), options);
  expect(ended).toEqual(metered.map(({ id }) => id));
  return { ...placed, lines: lines.filter((line) => line.startsWith("Model")), metered };
}
