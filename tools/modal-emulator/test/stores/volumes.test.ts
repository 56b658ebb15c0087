import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { describe, it, run, type Setup, start, versions } from "../helpers/start.ts";

let setup: Setup;
beforeAll(async () => {
  setup = await start({ secrets: { hub: { HF_TOKEN: "hf_x" } } });
});
afterAll(() => setup[Symbol.asyncDispose]());

describe.each(versions)("a volume on backend V$version", ({ version, params }) => {
  it("is shared by sandboxes and outlives them", async () => {
    const { modal, emulator } = setup;
    const name = `weights-${version}`;
    const volume = await modal.volumes.fromName(name, { createIfMissing: true, version: 2 });
    const writer = await setup.create({ ...params, volumes: { "/models/org--name": volume } });
    await writer.filesystem.writeText("weights", "/models/org--name/sub/model.safetensors");
    await writer.terminate();
    const directory = emulator.volumeDirectory(name) ?? "";
    expect(await readFile(join(directory, "sub/model.safetensors"), "utf8")).toBe("weights");

    await writeFile(join(directory, "from-outside"), "1");
    const mounts = {
      "/all": volume.withMountOptions({ readOnly: true }),
      "/sub": volume.withMountOptions({ subPath: "sub" }),
    };
    const reader = await setup.create({ ...params, volumes: mounts });
    await reader.reloadVolumes();
    expect((await run(reader, ["sh", "-c", "ls /all /sub; touch /all/no || echo refused"])).stdout).toBe(
      "/all:\nfrom-outside\nsub\n\n/sub:\nmodel.safetensors\nrefused\n",
    );
  });
});

it("is missing until it is created, and again when it is deleted", async () => {
  const { modal } = setup;
  await expect(modal.volumes.fromName("nowhere")).rejects.toThrow(/not found/);
  await modal.volumes.fromName("nowhere", { createIfMissing: true });
  await modal.volumes.delete("nowhere");
  await expect(modal.volumes.fromName("nowhere")).rejects.toThrow(/not found/);
});

it("can be nameless", async () => {
  const volume = await setup.modal.volumes.ephemeral();
  await setup.create({ volumes: { "/v": volume } });
  volume.closeEphemeral();
});

describe("a secret", () => {
  it("is found by name when it has the keys", async () => {
    const { secrets } = setup.modal;
    await secrets.fromName("hub", { requiredKeys: ["HF_TOKEN"] });
    await expect(secrets.fromName("hub", { requiredKeys: ["OTHER"] })).rejects.toThrow(/missing key.*OTHER/);
    await expect(secrets.fromName("none")).rejects.toThrow(/not found/);
  });

  it.each(versions)("is in a sandbox's environment on backend V$version", async ({ params }) => {
    const { secrets } = setup.modal;
    const both = [await secrets.fromName("hub"), await secrets.fromObject({ OTHER: "o" })];
    const sandbox = await setup.create({
      ...params,
      secrets: both,
      command: ["sh", "-c", "echo $HF_TOKEN $OTHER"],
    });
    expect(await sandbox.stdout.readText()).toBe("hf_x o\n");
  });
});

it("lets nobody in with other credentials", async () => {
  const { ModalClient } = await import("modal");
  const stranger = new ModalClient({ tokenId: "ak-other", tokenSecret: "as-other" });
  await expect(stranger.apps.fromName("tests")).rejects.toThrow(/UNAUTHENTICATED/);
});
