import { parseSandboxConfig, type SandboxConfigInput } from "@seer/config";
import { expect, test } from "vitest";
import { buildPlan } from "../../src/index.ts";
import { findGpu, modalGpu } from "../../src/plan/find-gpu.ts";
import { gpuTable } from "../../src/plan/gpu-table.ts";

const plan = (config: SandboxConfigInput) => buildPlan(parseSandboxConfig(config));

test("a GPU is found by any of its names, in any case", () => {
  expect(findGpu("a10").name).toBe("A10G");
  expect(findGpu("h100-80gb").name).toBe("H100");
  expect(findGpu("A100").memoryGiB).toBe(40);
  for (const kind of gpuTable) expect(findGpu(kind.name.toLowerCase())).toBe(kind);
});

test.each([
  ["A1000", "Did you mean A100?"],
  ["H10", "Did you mean H100?"],
  ["A100-80BG", "Did you mean A100-80GB?"],
  ["RTX4090", "Did you mean RTX-4090?"],
  ["quantum", "Known GPUs: T4, V100, L4,"],
])("%s is no GPU, and the nearest is named", (gpu, hint) => {
  expect(() => plan({ gpu })).toThrowError(
    expect.objectContaining({
      code: "environment/gpu-unknown",
      message: `There is no GPU called "${gpu}"`,
      hint: expect.stringContaining(hint),
    }),
  );
});

test("a plan contains the name of the table", () => {
  expect(plan({ gpu: "a10", gpuCount: 2 }).steps[0]).toEqual({ kind: "gpu", gpu: "A10G", count: 2 });
});

test("GPUs that Modal does not offer are rejected for Modal only", () => {
  expect(() => plan({ backend: "modal", gpu: "RTX-4090" })).toThrowError(
    expect.objectContaining({ code: "environment/gpu-unknown", message: "Modal has no RTX-4090" }),
  );
  expect(() => plan({ backend: "modal", gpu: "A10G", gpuCount: 8 })).toThrowError(
    expect.objectContaining({
      code: "environment/gpu-unavailable",
      message: "An instance on Modal can have at most 4 A10G GPUs, not 8",
    }),
  );
  expect(plan({ backend: "local", gpu: "RTX-4090", gpuCount: 8 }).steps[0]).toMatchObject({ count: 8 });
});

test("Modal's notation for GPUs", () => {
  expect(modalGpu("A100-80GB", 2)).toBe("A100-80GB:2");
  expect(modalGpu("A10G", 1)).toBe("A10");
  expect(modalGpu("h100!", 1)).toBe("H100!");
});
