import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RpcClient } from "@seer/rpc";
import { beforeAll, describe, expect, test } from "vitest";
import { Sandbox, ScopedSandbox } from "../src/index.ts";
import { errorOf, isolations, temporaryDirectory, useOwnHome } from "./support/home.ts";

useOwnHome();
let folder: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  await mkdir(join(folder, "tiny-secret", "nested"), { recursive: true });
  await writeFile(join(folder, "tiny-secret", "weights.bin"), "weights");
  await writeFile(join(folder, "tiny-secret", "nested", "config.json"), "{}");
  // As in the hub's cache: what is in the directory lies elsewhere.
  await mkdir(join(folder, "cached"));
  await mkdir(join(folder, "blobs"));
  await writeFile(join(folder, "blobs", "abc"), "blob");
  await symlink("../blobs/abc", join(folder, "cached", "model.safetensors"));
  await writeFile(join(folder, "cached", "adapter_config.json"), "{}");
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

  test("links out of it are followed", async () => {
    await using sandbox = await new Sandbox(
      { executionMode: "cli", models: [{ name: join(folder, "cached") }] },
      { isolation },
    ).start();
    expect(await sandbox.exec("cat $MODEL_CACHED_PATH/model.safetensors")).toBe("blob");
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
        name: join(folder, "cached"),
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
