import type { Backend } from "@seer/config";
import { formatBytes } from "@seer/config";
import { findGpu } from "../plan/find-gpu.ts";
import { type GpuKind, gpuTable } from "../plan/gpu-table.ts";
import type { ModelStep, Plan } from "../plan/plan.ts";
import { weightsSize } from "./weights-size.ts";

// For activations and the libraries' own memory.
const overhead = 1.2;
const gib = 2 ** 30;

/** Returns a warning if the weights do not fit into the GPUs' memory, with a suggestion. */
export async function fitWarning(plan: Plan): Promise<string | undefined> {
  const gpu = plan.steps.find((step) => step.kind === "gpu");
  if (gpu === undefined) return undefined;
  const models = plan.steps.filter((step) => step.kind === "model");
  const sizes = await Promise.all(models.map(sizeOfModel));
  // Unknown sizes count as zero.
  const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const { name, memoryGiB } = findGpu(gpu.gpu);
  const has = memoryGiB * gpu.count;
  const needs = (bytes * overhead) / gib;
  if (needs <= has) return undefined;
  const weights =
    models.length === 1 ? `The weights of ${models[0]?.name}` : `The weights of ${models.length} models`;
  return (
    `Warning: ${weights} are about ${formatBytes(bytes)} and need about ${formatBytes(bytes * overhead)} to run; ` +
    `${gpu.count} × ${name} ${gpu.count === 1 ? "has" : "have"} ${has} GB. ${remedy(needs, plan.backend)}`
  );
}

async function sizeOfModel({ source, adapter }: ModelStep): Promise<number | undefined> {
  // An adapter's own weights are small, and its name often contains the size of its base.
  if (adapter?.base !== undefined) return await weightsSize(adapter.base.source);
  return await weightsSize(source);
}

function remedy(needs: number, backend: Backend): string {
  const { kind, count } = smallestFor(needs, backend) ?? {};
  if (kind === undefined) return "No instance has enough GPUs for them.";
  const more = count === 1 ? "" : `, gpuCount: ${count}`;
  return `Use gpu: "${kind.name}"${more}.`;
}

/** The smallest sufficient GPU, or the smallest sufficient number of GPUs. */
function smallestFor(memoryGiB: number, backend: Backend): { kind: GpuKind; count: number } | undefined {
  const kinds = gpuTable.filter((kind) => backend === "local" || kind.modal !== undefined);
  for (const count of [1, 2, 4, 8]) {
    const kind = kinds.find((one) => one.memoryGiB * count >= memoryGiB && count <= (one.modal?.most ?? 8));
    if (kind !== undefined) return { kind, count };
  }
  return undefined;
}
