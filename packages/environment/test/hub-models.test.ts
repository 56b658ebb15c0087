import { randomBytes } from "node:crypto";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";
import { useHub } from "./support/hub.ts";

useOwnHome({ sharesEnvironments: true });
const hub = useHub();
const weights = randomBytes(200_000);
const [isolation] = isolations;
// No notebook, which would be a server to install.
const executionMode = "cli";

beforeAll(async () => {
  await hub.emulator.addRepo("lab/tiny-gemma", {
    "config.json": '{"_name_or_path": "lab/tiny-gemma", "model_type": "gemma2"}',
    "model.safetensors": weights,
    "pytorch_model.bin": weights,
    "original/consolidated.00.pth": weights,
    "nested/vocab.txt": "a\nb\n",
    "README.md": "# lab/tiny-gemma",
  });
  await hub.emulator.addRepo("lab/secret-adapter", {
    "adapter_config.json":
      '{"base_model_name_or_path": "lab/tiny-gemma", "peft_type": "LORA", "revision": null}',
    "adapter_model.safetensors": weights.subarray(0, 1000),
    "README.md": "base_model: lab/tiny-gemma",
  });
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test("a model of the hub is at its path, in its variable and with its commit", async () => {
    const progress: string[] = [];
    await using sandbox = await new Sandbox(
      { executionMode, models: [{ name: "lab/tiny-gemma" }] },
      { isolation, onProgress: (line) => progress.push(line) },
    ).start();
    const [model] = sandbox.modelHandles;
    expect(model).toMatchObject({ name: "lab/tiny-gemma", varName: "model", hidden: false, isPeft: false });
    expect(model?.revision).toMatch(/^[0-9a-f]{40}$/);
    if (isolation === "bubblewrap") expect(model?.path).toBe("/models/lab--tiny-gemma");
    expect(await sandbox.exec("printf $MODEL_LAB_TINY_GEMMA_PATH")).toBe(model?.path);
    expect(await sandbox.readFile("/models/lab--tiny-gemma/model.safetensors")).toEqual(
      new Uint8Array(weights),
    );
    expect(await sandbox.exec("cd $MODEL_LAB_TINY_GEMMA_PATH && find -L . -type f | sort")).toBe(
      "./README.md\n./config.json\n./model.safetensors\n./nested/vocab.txt\n",
    );
    expect(progress.join("\n")).toContain("Model lab/tiny-gemma: ");
  });

  test("an adapter comes with the base that its config names", async () => {
    await using sandbox = await new Sandbox(
      { executionMode, models: [{ name: "lab/secret-adapter", isPeft: true }] },
      { isolation },
    ).start();
    const [model] = sandbox.modelHandles;
    expect(model).toMatchObject({ name: "lab/secret-adapter", isPeft: true });
    if (isolation === "bubblewrap") expect(model?.basePath).toBe("/models/lab--tiny-gemma");
    expect(await sandbox.exec(`cat ${model?.path}/adapter_config.json`)).toContain("lab/tiny-gemma");
    expect((await sandbox.exec(`stat -Lc %s ${model?.basePath}/model.safetensors`)).trim()).toBe("200000");
  });

  test("a hidden adapter and its base are named nowhere, and it finds its base", async () => {
    await using sandbox = await new Sandbox(
      {
        executionMode,
        models: [{ name: "lab/secret-adapter", isPeft: true, hidden: true, varName: "subject" }],
      },
      { isolation },
    ).start();
    const [model] = sandbox.modelHandles;
    expect(model).toMatchObject({ name: "subject", varName: "subject", hidden: true });
    expect(model?.revision).toBeUndefined();
    const config = await sandbox.exec("cat $MODEL_SUBJECT_PATH/adapter_config.json");
    expect(JSON.parse(config)).toMatchObject({ base_model_name_or_path: model?.basePath, revision: null });
    expect(JSON.parse(await sandbox.exec(`cat ${model?.basePath}/config.json`))).toEqual({
      model_type: "gemma2",
    });
    const folders = `${model?.path} ${model?.basePath}`;
    const traces = `env; cat /proc/self/mountinfo; ls -lR ${folders}; readlink -f ${folders}; grep -ra lab ${folders}`;
    const seen = (await sandbox.run(traces)).stdout;
    expect(seen).not.toMatch(/secret-adapter|tiny-gemma/);
    expect((await sandbox.exec(`stat -c %s ${model?.basePath}/model.safetensors`)).trim()).toBe("200000");
  });
});

test("an interface finds a model by its id", async () => {
  const file = join(await temporaryDirectory(), "uses_model.py");
  await writeFile(
    file,
    "from pathlib import Path\n\nsize = Path(get_model_path('lab/tiny-gemma'), 'model.safetensors').stat().st_size\n\n" +
      "@expose\ndef read() -> list:\n    return [size, *list_configured_models()]\n",
  );
  await using scoped = await new ScopedSandbox(
    { executionMode, models: [{ name: "lab/tiny-gemma" }] },
    { isolation },
  ).start();
  await scoped.serve(file, { exposeAs: "library" });
  const [served] = scoped.served;
  await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
  expect(await client.call("read")).toEqual([200_000, "lab/tiny-gemma"]);
});

test("a second start downloads nothing, and one without the hub uses what there is", async () => {
  const models = [{ name: "lab/tiny-gemma" }];
  await (await new Sandbox({ executionMode, models }).start()).terminate();
  hub.bytesSent();
  await (await new Sandbox({ executionMode, models }).start()).terminate();
  expect(hub.bytesSent()).toBe(0);
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  const progress: string[] = [];
  await using sandbox = await new Sandbox(
    { executionMode, models },
    { onProgress: (line) => progress.push(line) },
  ).start();
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  expect((await sandbox.exec("stat -Lc %s $MODEL_LAB_TINY_GEMMA_PATH/model.safetensors")).trim()).toBe(
    "200000",
  );
  expect(progress.join("\n")).toMatch(/from the cache at [0-9a-f]{12}, because the hub cannot be reached/);
});

test("a commit or tag stays what it was when the branch moves on", async () => {
  const repo = await hub.emulator.addRepo("lab/moving", { "config.json": "1" });
  repo.tag("v1");
  const first = repo.branches.get("main") ?? "";
  await repo.commit({ "config.json": "2" });
  for (const [revision, content] of [
    ["v1", "1"],
    [first, "1"],
    [undefined, "2"],
  ] as const) {
    await using sandbox = await new Sandbox({
      executionMode,
      models: [{ name: "lab/moving", revision }],
    }).start();
    expect(await sandbox.exec("cat $MODEL_LAB_MOVING_PATH/config.json")).toBe(content);
    if (content === "1") expect(sandbox.modelHandles[0]?.revision).toBe(first);
  }
});

test("a base that is a model of its own too is there once", async () => {
  const models = [
    { name: "lab/tiny-gemma", varName: "base" },
    { name: "lab/secret-adapter", isPeft: true, varName: "tuned" },
  ];
  await using sandbox = await new Sandbox({ executionMode, models }, { isolation }).start();
  const [base, tuned] = sandbox.modelHandles;
  expect(tuned?.basePath).toBe(base?.path);
});

test("ending a sandbox leaves the cache as it was", async () => {
  const models = [{ name: "lab/tiny-gemma", hidden: true }];
  const sandbox = await new Sandbox({ executionMode, models }).start();
  await sandbox.terminate();
  const cached = join(hub.home, "hub", "models--lab--tiny-gemma", "snapshots");
  await using visible = await new Sandbox({ executionMode, models: [{ name: "lab/tiny-gemma" }] }).start();
  const file = join(cached, visible.modelHandles[0]?.revision ?? "", "config.json");
  expect(await readFile(file, "utf8")).toContain("_name_or_path");
  expect((await stat(file)).nlink).toBe(1);
});

describe("what cannot be had is an error with its remedy:", () => {
  const starting = (model: object) =>
    errorOf(new Sandbox({ executionMode, models: [{ name: "lab/tiny-gemma", ...model }] }).start());

  test("a model that is not there", async () => {
    const error = await starting({ name: "lab/tiny-gema" });
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toBe("The hub has no model lab/tiny-gema, or this account cannot see it");
    expect(error.hint).toContain("Did you mean lab/tiny-gemma? ");
    expect(error.hint).toContain(`${hub.emulator.url}/lab/tiny-gema`);
  });

  test("a revision that is not there", async () => {
    const error = await starting({ revision: "v9" });
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toBe("The model lab/tiny-gemma has no revision v9");
  });

  test("a gated model, which a token that was granted access opens", async () => {
    await hub.emulator.addRepo(
      "lab/gated",
      { "config.json": "{}", "model.safetensors": weights },
      { gated: true, allowed: ["hf_granted"] },
    );
    const error = await starting({ name: "lab/gated" });
    expect(error.code).toBe("environment/model-gated");
    expect(error.message).toContain("lab/gated");
    expect(error.hint).toContain(`Accept its licence at ${hub.emulator.url}/lab/gated`);
    expect(error.hint).toContain('`secrets: ["HF_TOKEN"]`');
    // As `.env` has it: this process's environment, and so the sandbox's, has it not.
    const folder = await temporaryDirectory();
    await writeFile(join(folder, ".env"), "HF_TOKEN=hf_granted\n");
    const before = process.cwd();
    process.chdir(folder);
    try {
      await using sandbox = await new Sandbox({ executionMode, models: [{ name: "lab/gated" }] }).start();
      const stored = hub.emulator.requests().filter(({ path }) => path.startsWith("/storage/"));
      expect(stored.some(({ hasToken }) => hasToken)).toBe(false);
      expect(await sandbox.exec("printenv HF_TOKEN || echo none")).toBe("none\n");
    } finally {
      process.chdir(before);
    }
  });

  test("a token that the hub does not know", async () => {
    vi.stubEnv("HF_TOKEN", "hf_invented");
    const error = await starting({});
    vi.stubEnv("HF_TOKEN", undefined);
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toContain("rejects the token");
    expect(`${error.message}${error.hint}`).not.toContain("hf_invented");
  });

  test("an adapter that is taken for a model, and the other way round", async () => {
    const adapter = await starting({ name: "lab/secret-adapter" });
    expect(adapter.message).toBe("lab/secret-adapter is a PEFT adapter, not a complete model");
    expect(adapter.hint).toContain("isPeft: true");
    const model = await starting({ isPeft: true });
    expect(model.message).toContain("lab/tiny-gemma is not a PEFT adapter");
  });
});

test.each(["/etc", "~/.ssh", "./", "../..", "."])(
  "an adapter of the hub that names the directory %s as its base is refused",
  async (directory) => {
    const name = `lab/names-${Buffer.from(directory).toString("hex")}`;
    await hub.emulator.addRepo(name, {
      "adapter_config.json": JSON.stringify({ base_model_name_or_path: directory, peft_type: "LORA" }),
      "adapter_model.safetensors": weights.subarray(0, 1000),
    });
    for (const hidden of [false, true]) {
      const models = [
        { name, isPeft: true, hidden },
        // Configured, but not for what comes from the hub.
        { name: await temporaryDirectory(), varName: "other" },
      ];
      const error = await errorOf(new Sandbox({ executionMode, models }, { isolation }).start());
      expect(error.code).toBe("environment/model-unavailable");
      expect(error.message).toMatch(/names the directory .* as its base, which is neither configured/);
      expect(error.hint).toContain("`baseModel`");
    }
  },
);
