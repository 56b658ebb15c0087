import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseSandboxConfig, type SandboxConfigInput } from "@seer/config";
import { beforeAll, expect, test, vi } from "vitest";
import { fitWarning } from "../../src/cost/fit.ts";
import { bytesByName } from "../../src/cost/weights-size.ts";
import { buildPlan } from "../../src/index.ts";
import { gpuTable } from "../../src/plan/gpu-table.ts";
import { temporaryDirectory } from "../support/home.ts";

const warning = (config: SandboxConfigInput) =>
  fitWarning(buildPlan(parseSandboxConfig({ backend: "modal", ...config })));
let cache = "";

beforeAll(async () => {
  cache = await temporaryDirectory();
  vi.stubEnv("HF_HUB_CACHE", cache);
  return () => vi.unstubAllEnvs();
});

test.each([
  ["google/gemma-2-9b-it", 18e9],
  ["meta-llama/Llama-3.1-70B-Instruct", 140e9],
  ["mistralai/Mixtral-8x7B-v0.1", 112e9],
  ["EleutherAI/pythia-70m", 140e6],
  ["Qwen/Qwen2.5-0.5B", 1e9],
  ["Qwen/Qwen3-30B-A3B", 60e9],
  ["someone/llama-3-8b-bnb-4bit", 4e9],
  ["someone/llama-3-8b-FP8", 8e9],
  ["gpt2", undefined],
  ["google/gemma-3n-E4B-it", undefined],
  ["acme9b/model", undefined],
])("the name %s says how large the weights are", (id, bytes) => {
  expect(bytesByName(id)).toBe(bytes);
});

test.each(gpuTable.filter(({ goodFor }) => /\dB/.test(goodFor)))(
  "$name is good for $goodFor",
  async (kind) => {
    const largest = /(\d+)B(?=$|[;,])/.exec(kind.goodFor)?.[1];
    const models = [{ name: `a/b-${largest}b` }];
    expect(await warning({ backend: "local", gpu: kind.name, models })).toBeUndefined();
  },
);

test("the GPUs that are said to be enough are", async () => {
  expect(await warning({ gpu: "A10G", models: [{ name: "google/gemma-2-9b-it" }] })).toBeUndefined();
  const seventy = [{ name: "meta-llama/Llama-3-70b-hf" }];
  expect(await warning({ gpu: "H100", gpuCount: 2, models: seventy })).toBeUndefined();
  expect(await warning({ gpu: "H100", models: seventy })).toBe(
    "Warning: The weights of meta-llama/Llama-3-70b-hf are about 140 GB and need about 168 GB to run; " +
      '1 × H100 has 80 GB. Use gpu: "B200".',
  );
});

test("models are added up, and one machine may need several GPUs", async () => {
  const models = [
    { name: "a/b-405b", varName: "a" },
    { name: "a/c-70b", varName: "b" },
  ];
  expect(await warning({ gpu: "H200", gpuCount: 4, models })).toMatch(
    /weights of 2 models .* 4 × H200 have 564 GB\. Use gpu: "H200", gpuCount: 8\.$/,
  );
  const huge = [{ name: "a/b-4000b" }];
  expect(await warning({ gpu: "H200", models: huge })).toMatch(/No instance has enough GPUs for them\.$/);
});

test("a directory is as large as its safetensors, and an adapter as its base", async () => {
  const directory = join(cache, "weights");
  await mkdir(directory);
  await writeFile(join(directory, "model.safetensors"), "");
  await truncate(join(directory, "model.safetensors"), 15 * 2 ** 30);
  await writeFile(join(directory, "pytorch_model.bin"), "");
  await truncate(join(directory, "pytorch_model.bin"), 2 ** 40);
  expect(await warning({ gpu: "T4", models: [{ name: directory }] })).toMatch(
    /16.1 GB and need about 19.3 GB/,
  );
  expect(await warning({ gpu: "L4", models: [{ name: directory }] })).toBeUndefined();
  const adapter = { name: "someone/adapter-70b", isPeft: true, baseModel: directory };
  expect(await warning({ gpu: "L4", models: [adapter] })).toBeUndefined();
});

test("a model in the hub's cache is as large as its files there", async () => {
  const snapshot = join(cache, "models--a--named-nothing", "snapshots", "c0ffee");
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(cache, "models--a--named-nothing", "refs"));
  await writeFile(join(cache, "models--a--named-nothing", "refs", "main"), "c0ffee");
  await writeFile(join(snapshot, "model.safetensors"), "");
  await truncate(join(snapshot, "model.safetensors"), 60 * 2 ** 30);
  expect(await warning({ gpu: "L40S", models: [{ name: "a/named-nothing" }] })).toContain(
    "are about 64.4 GB",
  );
});

test("nothing is said where nothing is known, or no GPU is asked for", async () => {
  expect(await warning({ gpu: "T4", models: [{ name: "gpt2" }] })).toBeUndefined();
  expect(await warning({ models: [{ name: "a/b-405b" }] })).toBeUndefined();
});
