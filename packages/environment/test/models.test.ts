import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { RpcClient } from "@seer/rpc";
import { beforeAll, describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome({ sharesEnvironments: true });
let folder: string;
let cached: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  await mkdir(join(folder, "tiny-secret", "nested"), { recursive: true });
  await writeFile(join(folder, "tiny-secret", "weights.bin"), "weights");
  await writeFile(join(folder, "tiny-secret", "nested", "config.json"), "{}");
  // As in the hub's cache: what is in the directory lies elsewhere.
  const repository = join(folder, "models--org--cached");
  cached = join(repository, "snapshots", "cached");
  await mkdir(cached, { recursive: true });
  await mkdir(join(repository, "blobs"));
  await writeFile(join(repository, "blobs", "abc"), "blob");
  await symlink("../../blobs/abc", join(cached, "model.safetensors"));
  await writeFile(join(cached, "adapter_config.json"), "{}");
});

describe.each(isolations)("with isolation %s", (isolation) => {
  test("a directory is at its path and in its variable", async () => {
    const models = [{ name: join(folder, "tiny-secret") }];
    await using sandbox = await new Sandbox({ executionMode: "cli", models }, { isolation }).start();
    const [model] = sandbox.modelHandles;
    expect(model).toMatchObject({ name: "tiny-secret", varName: "model", hidden: false, isPeft: false });
    expect(await sandbox.exec("printf $MODEL_TINY_SECRET_PATH")).toBe(model?.path);
    if (isolation === "bubblewrap") expect(model?.path).toBe("/models/tiny-secret");
    expect(await sandbox.exec(`cat ${model?.path}/weights.bin ${model?.path}/nested/config.json`)).toBe(
      "weights{}",
    );
  });

  test("links to blobs in the hub's cache are followed", async () => {
    await using sandbox = await new Sandbox(
      { executionMode: "cli", models: [{ name: cached }] },
      { isolation },
    ).start();
    expect(await sandbox.exec("cat $MODEL_CACHED_PATH/model.safetensors")).toBe("blob");
  });

  test("links inside it are followed, and those out of it refused", async () => {
    const directory = join(await temporaryDirectory(), "linking");
    await mkdir(join(directory, "nested"), { recursive: true });
    await writeFile(join(directory, "weights.bin"), "weights");
    await symlink(join(directory, "weights.bin"), join(directory, "absolute.bin"));
    await symlink("../weights.bin", join(directory, "nested", "relative.bin"));
    const start = (model: object = {}) =>
      new Sandbox({ executionMode: "cli", models: [{ name: directory, ...model }] }, { isolation }).start();
    await using sandbox = await start();
    expect(await sandbox.exec("cd $MODEL_LINKING_PATH; cat absolute.bin nested/relative.bin")).toBe(
      "weightsweights",
    );
    const secret = join(await temporaryDirectory(), "key");
    await writeFile(secret, "sk-secret");
    await writeFile(join(directory, "adapter_config.json"), "{}");
    await symlink(secret, join(directory, "nested", "vocab.txt"));
    for (const model of [{}, { hidden: true }, { isPeft: true, baseModel: join(folder, "tiny-secret") }]) {
      const error = await errorOf(start(model));
      expect(error.code).toBe("config/link-outside");
      expect(error.message).toContain(join(directory, "nested", "vocab.txt"));
    }
  });

  test("a hidden one is called by its variable, and its own name is nowhere", async () => {
    const models = [{ name: join(folder, "tiny-secret"), hidden: true, varName: "subject" }];
    await using sandbox = await new Sandbox({ executionMode: "cli", models }, { isolation }).start();
    expect(sandbox.modelHandles[0]?.name).toBe("subject");
    expect(await sandbox.exec("cat $MODEL_SUBJECT_PATH/weights.bin")).toBe("weights");
    const traces =
      "env; cat /proc/self/mountinfo; ls -lR $MODEL_SUBJECT_PATH; readlink -f $MODEL_SUBJECT_PATH";
    expect(await sandbox.exec(traces)).not.toContain("tiny-secret");
  });

  test("an adapter has its base beside it", async () => {
    const models = [
      {
        name: cached,
        isPeft: true,
        baseModel: join(folder, "tiny-secret"),
        loadAsPeft: true,
      },
    ];
    await using sandbox = await new Sandbox({ executionMode: "cli", models }, { isolation }).start();
    const [model] = sandbox.modelHandles;
    expect(model).toMatchObject({ isPeft: true, loadAsPeft: true });
    expect(await sandbox.exec(`cat ${model?.basePath}/weights.bin`)).toBe("weights");
  });

  test("a directory stands in for a model of the hub, and for the base that an adapter names", async () => {
    const adapter = await temporaryDirectory();
    await writeFile(
      join(adapter, "adapter_config.json"),
      '{"base_model_name_or_path": "google/gemma-2-9b", "revision": "main"}',
    );
    const models = [
      { name: "google/gemma-2-9b", path: join(folder, "tiny-secret"), loadAsPeft: true },
      { name: "user/tuned", path: adapter, varName: "tuned", isPeft: true },
      { name: "user/hidden", path: adapter, varName: "subject", isPeft: true, hidden: true },
    ];
    await using sandbox = await new Sandbox({ executionMode: "cli", models }, { isolation }).start();
    const [gemma, tuned, hidden] = sandbox.modelHandles;
    expect(gemma).toMatchObject({ name: "google/gemma-2-9b", isPeft: false, loadAsPeft: true });
    expect(gemma?.revision).toBeUndefined();
    expect(tuned).toMatchObject({ name: "user/tuned", isPeft: true, basePath: gemma?.path });
    expect(await sandbox.exec("cat $MODEL_GOOGLE_GEMMA_2_9B_PATH/weights.bin")).toBe("weights");
    if (isolation === "bubblewrap") expect(gemma?.path).toBe("/models/google--gemma-2-9b");
    expect(await sandbox.exec(`cat ${hidden?.basePath}/weights.bin`)).toBe("weights");
    expect(await sandbox.exec(`cat ${hidden?.path}/adapter_config.json`)).not.toContain("gemma");
  });

  test("an interface finds a directory by the model of the hub that it stands in for", async () => {
    const file = join(await temporaryDirectory(), "uses_model.py");
    await writeFile(
      file,
      "from pathlib import Path\n\n@expose\ndef read() -> list[str]:\n" +
        "    return [Path(get_model_path(name), 'weights.bin').read_text() + name for name in list_configured_models()]\n",
    );
    const models = [{ name: "google/gemma-2-9b", path: join(folder, "tiny-secret") }];
    await using scoped = await new ScopedSandbox({ models }, { isolation }).start();
    await scoped.serve(file, { exposeAs: "library" });
    const [served] = scoped.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("read")).toEqual(["weightsgoogle/gemma-2-9b"]);
  });

  test("an interface finds it by its name", async () => {
    const file = join(await temporaryDirectory(), "uses_model.py");
    await writeFile(
      file,
      "from pathlib import Path\n\nweights = Path(get_model_path('tiny-secret'), 'weights.bin').read_text()\n\n" +
        "@expose\ndef read() -> list:\n    return [weights, *list_configured_models()]\n",
    );
    const models = [{ name: join(folder, "tiny-secret") }];
    await using scoped = await new ScopedSandbox({ models }, { isolation }).start();
    await scoped.serve(file, { exposeAs: "library" });
    const [served] = scoped.served;
    await using client = await RpcClient.connect({ url: served?.url ?? "", token: served?.token ?? "" });
    expect(await client.call("read")).toEqual(["weights", "tiny-secret"]);
  });
});

test.runIf(isolations.includes("bubblewrap" as never))("weights cannot be changed from inside", async () => {
  const models = [{ name: join(folder, "tiny-secret") }];
  await using sandbox = await new Sandbox({ executionMode: "cli", models }).start();
  expect((await sandbox.run("echo x > $MODEL_TINY_SECRET_PATH/weights.bin")).exitCode).not.toBe(0);
  expect(await readFile(join(folder, "tiny-secret", "weights.bin"), "utf8")).toBe("weights");
});

test("ending a sandbox leaves the weights where they were", async () => {
  for (const hidden of [true, false]) {
    for (const isolation of isolations) {
      const models = [{ name: join(folder, "tiny-secret"), hidden }];
      await (await new Sandbox({ executionMode: "cli", models }, { isolation }).start()).terminate();
    }
  }
  expect((await stat(join(folder, "tiny-secret", "weights.bin"))).nlink).toBe(1);
  expect(await readFile(join(folder, "tiny-secret", "weights.bin"), "utf8")).toBe("weights");
});

test("a directory that is not there is named", async () => {
  const missing = await errorOf(new Sandbox({ models: [{ name: join(folder, "nothing") }] }).start());
  expect(missing).toMatchObject({
    code: "environment/model-unavailable",
    message: `The model directory ${join(folder, "nothing")} does not exist`,
  });
});

test("a directory is an adapter or is none, and an adapter has a base", async () => {
  const adapter = await temporaryDirectory();
  await writeFile(join(adapter, "adapter_config.json"), '{"base_model_name_or_path": null}');
  await writeFile(join(adapter, "adapter_model.safetensors"), "");
  const start = (model: object) =>
    errorOf(new Sandbox({ models: [{ name: adapter, varName: "tuned", ...model }] }).start());
  expect((await start({})).hint).toContain("isPeft: true");
  expect((await start({ isPeft: true })).hint).toContain("`baseModel`");
  const plain = await start({ name: join(folder, "tiny-secret"), isPeft: true });
  expect(plain.message).toContain("it has no adapter_config.json");
});

describe("a base that an adapter's own files name", () => {
  let private_: string;
  beforeAll(async () => {
    private_ = join(await temporaryDirectory(), "private");
    await mkdir(private_);
    await writeFile(join(private_, "key"), "sk-secret");
  });

  const adapterNaming = async (base: string) => {
    const adapter = await temporaryDirectory();
    const config = { base_model_name_or_path: base.replace("ADAPTER", adapter), peft_type: "LORA" };
    await writeFile(join(adapter, "adapter_config.json"), JSON.stringify(config));
    if (base === "ADAPTER/base") await symlink(private_, join(adapter, "base"));
    return adapter;
  };
  const start = async (adapter: string, ...more: { name: string; varName: string }[]) =>
    await new Sandbox({ executionMode: "cli", models: [{ name: adapter, isPeft: true }, ...more] }).start();

  test.each([
    ["is a directory of this machine", () => private_],
    ["is one by its way from here", () => relative(process.cwd(), private_)],
    ["is one through the adapter's own", () => `ADAPTER/../${basename(dirname(private_))}/private`],
    ["is a link in the adapter", () => join("ADAPTER", "base")],
    ["is above what is configured", () => dirname(folder)],
    [
      "begins as what is configured",
      () => `${join(folder, "tiny-secret")}/../../${basename(dirname(private_))}/private`,
    ],
  ])("is refused when it %s", async (_, base) => {
    const adapter = await adapterNaming(base());
    const error = await errorOf(start(adapter, { name: join(folder, "tiny-secret"), varName: "tiny" }));
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toMatch(
      /names the directory .* as its base, which is neither configured nor inside the adapter/,
    );
    expect(error.hint).toContain("`baseModel`");
  });

  test.each(["../x/y", "a/../b", "a b", "a//b", "..", "/"])("is refused as %j", async (base) => {
    const error = await errorOf(start(await adapterNaming(base)));
    expect(error.code).toBe("environment/model-unavailable");
    expect(error.message).toContain("base");
  });

  test("may be a directory that is configured too, or that the adapter has", async () => {
    const configured = await adapterNaming(join(folder, "tiny-secret"));
    await using sandbox = await start(configured, { name: join(folder, "tiny-secret"), varName: "tiny" });
    const [model, base] = sandbox.modelHandles;
    expect(model?.basePath).toBe(base?.path);

    const whole = await adapterNaming("ADAPTER/own");
    await mkdir(join(whole, "own"));
    await writeFile(join(whole, "own", "weights.bin"), "own");
    await using other = await start(whole);
    expect(await other.exec(`cat ${other.modelHandles[0]?.basePath}/weights.bin`)).toBe("own");
  });
});
