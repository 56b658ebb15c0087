import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sandbox } from "@seer/environment";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "./hub.ts";

let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "seer-live-"));
  process.env.HF_HUB_CACHE = cache;
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const start = (model: { name: string; revision?: string }) =>
  new Sandbox({ backend: "local", executionMode: "cli", models: [model] }).start();

test("a model of the hub is in a local sandbox, at its commit, and the second time at once", async () => {
  for (let time = 0; time < 2; time++) {
    await using sandbox = await start(tinyModel);
    const path = "$MODEL_HF_INTERNAL_TESTING_TINY_RANDOM_GPT2_PATH";
    expect(await sandbox.exec(`ls "${path}"`)).toContain("config.json");
    expect(JSON.parse(await sandbox.exec(`cat "${path}/config.json"`))).toMatchObject({ model_type: "gpt2" });
  }
});

test("a model that there is not", async () => {
  await expect(start({ name: "hf-internal-testing/no-such-model-at-all" })).rejects.toMatchObject({
    code: "environment/model-unavailable",
    // And not that the hub cannot be asked.
    message: expect.stringContaining("The hub has no model hf-internal-testing/no-such-model-at-all"),
  });
});
