import { Sandbox } from "@seer/environment";
import { expect, test } from "vitest";
import { tinyModel } from "./hub.ts";
import { limits, ours, prefix, useOwnApp } from "./modal.ts";

useOwnApp();

test("a GPU sandbox has the GPU that was asked for, and the weights that were fetched before it", async () => {
  const gpu = process.env.SEER_LIVE_GPU || "T4";
  const sandbox = new Sandbox(
    { ...limits, gpu, models: [{ ...tinyModel, hidden: true }], pythonPackages: ["numpy"] },
    { onProgress: (line) => console.error(`· ${line}`) },
  );
  try {
    await sandbox.start({ name: `${prefix}-gpu` });
    expect(await sandbox.exec("nvidia-smi -L")).toMatch(/^GPU 0: /);
    expect(await sandbox.exec('ls "$MODEL_MODEL_PATH"')).toContain("config.json");
  } finally {
    await sandbox.terminate();
  }
  await expect.poll(ours, { timeout: 60_000, interval: 2000 }).toEqual([]);
});
