import type { Backend } from "@seer/config";
import type { ModelStep, Plan } from "../plan/plan.ts";
import { findGpu } from "./find-gpu.ts";
import { type GpuKind, gpuTable } from "./gpu-table.ts";
import { weightsSize } from "./weights-size.ts";

// Activations and what the libraries keep for themselves.
const overhead = 1.2;
const gib = 2 ** 30;

/** A line about weights that cannot all be in the GPUs' memory, with what could hold them; none when they can, or may. */
export async function fitWarning(plan: Plan): Promise<string | undefined> {
  const gpu = plan.steps.find((step) => step.kind === "gpu");
  if (gpu === undefined) return undefined;
  const models = plan.steps.filter((step) => step.kind === "model");
  const sizes = await Promise.all(models.map(sizeOfModel));
  // What is not known may be nothing; what is known needs room in any case.
  const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  const { name, memoryGiB } = findGpu(gpu.gpu);
  const has = memoryGiB * gpu.count;
  const needs = (bytes * overhead) / gib;
  if (needs <= has) return undefined;
  const weights =
    models.length === 1 ? `The weights of ${models[0]?.name}` : `The weights of ${models.length} models`;
  return (
    `Warning: ${weights} are about ${gigabytes(bytes)} and need about ${gigabytes(bytes * overhead)} to run; ` +
    `${gpu.count} × ${name} ${gpu.count === 1 ? "has" : "have"} ${has} GB. ${remedy(needs, plan.backend)}`
  );
}

async function sizeOfModel({ source, adapter }: ModelStep): Promise<number | undefined> {
  // An adapter's own weights are next to nothing; its name is often that of its base, with its size.
  if (adapter?.base !== undefined) return await weightsSize(adapter.base.source);
  return await weightsSize(source);
}

function remedy(needs: number, backend: Backend): string {
  const { kind, count } = smallestFor(needs, backend) ?? {};
  if (kind === undefined) return "No machine has GPUs enough for them.";
  const more = count === 1 ? "" : `, gpuCount: ${count}`;
  return `Enough would be gpu: "${kind.name}"${more}.`;
}

/** The smallest GPU that holds so much, else the fewest of those that come in numbers. */
function smallestFor(memoryGiB: number, backend: Backend): { kind: GpuKind; count: number } | undefined {
  const kinds = gpuTable.filter((kind) => backend === "local" || kind.modal !== undefined);
  for (const count of [1, 2, 4, 8]) {
    const kind = kinds.find((one) => one.memoryGiB * count >= memoryGiB && count <= (one.modal?.most ?? 8));
    if (kind !== undefined) return { kind, count };
  }
  return undefined;
}

function gigabytes(bytes: number): string {
  const value = bytes / 1e9;
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} GB`;
}
