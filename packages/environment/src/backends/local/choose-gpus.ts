import { join } from "node:path";
import type { Progress } from "@seer/config";
import { findPython } from "@seer/rpc/launch";
import { lockFile } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import type { GpuStep } from "../../plan/plan.ts";
import { startingRecord } from "./boot-instance.ts";
import { findGpus, type Gpu } from "./find-gpus.ts";
import { sandboxesDirectory } from "./home.ts";
import { liveRecords } from "./live-records.ts";
import { type SandboxRecord, writeRecord } from "./sandbox-directory.ts";
import type { StartContext } from "./start-context.ts";

/**
 * Chooses GPUs of this machine that no other sandbox uses, the least used first, and returns their UUIDs. Prefers the
 * requested kind of GPU, but accepts others and reports them. The caller must hold a lock until the choice is recorded.
 *
 * @throws EnvironmentError `environment/gpu-unavailable`, with the sandboxes that use the GPUs
 */
export async function chooseGpus(step: GpuStep, onProgress: Progress): Promise<string[]> {
  const { gpu, count } = step;
  const outer = process.env.CUDA_VISIBLE_DEVICES;
  const found = visibleGpus(await findGpus(), outer);
  if (found.length < count) throw tooFewGpus(step, found, outer);
  const assigned = new Map(
    (await liveRecords()).flatMap((record) => (record.gpus ?? []).map((uuid) => [uuid, record] as const)),
  );
  const free = found
    .filter(({ uuid }) => !assigned.has(uuid))
    .toSorted(
      (a, b) =>
        Number(sameGpu(b.name, gpu)) - Number(sameGpu(a.name, gpu)) ||
        a.usedMiB - b.usedMiB ||
        a.index - b.index,
    );
  if (free.length < count) throw gpusInUse(step, found, assigned);
  const chosen = free.slice(0, count);
  const others = chosen.some(({ name }) => !sameGpu(name, gpu)) ? ` (${gpu} was requested)` : "";
  onProgress(`GPU: ${chosen.map(describe).join(", ")}${others}`);
  return chosen.map(({ uuid }) => uuid);
}

function tooFewGpus(step: GpuStep, found: readonly Gpu[], outer: string | undefined): EnvironmentError {
  const has =
    found.length === 0
      ? "this machine has no NVIDIA GPU"
      : `this machine has only ${found.map(describe).join(", ")}`;
  const limit = outer === undefined ? "" : `, with CUDA_VISIBLE_DEVICES=${outer}`;
  return new EnvironmentError(
    "environment/gpu-unavailable",
    `The sandbox needs ${describeRequest(step)}, but ${has}${limit}`,
    { hint: "Remove `gpu` to run on the CPU, or use a machine where `nvidia-smi -L` lists enough GPUs." },
  );
}

function gpusInUse(
  step: GpuStep,
  found: readonly Gpu[],
  assigned: ReadonlyMap<string, SandboxRecord>,
): EnvironmentError {
  const holders = found.flatMap((gpu) => {
    const state = assigned.get(gpu.uuid)?.state;
    if (state === undefined) return [];
    return [
      `${describe(gpu)} is used by ${state.name === state.id ? state.id : `${state.name} (${state.id})`}`,
    ];
  });
  const free = found.length - holders.length;
  const available =
    free === 0
      ? "none of this machine's GPUs is"
      : `only ${free} of this machine's ${found.length} GPUs ${free === 1 ? "is" : "are"}`;
  return new EnvironmentError(
    "environment/gpu-unavailable",
    `The sandbox needs ${describeRequest(step)}, but ${available} free: ${holders.join(", ")}`,
    { hint: "End a sandbox with `seer stop`, or request fewer with `gpuCount`." },
  );
}

function describeRequest({ gpu, count }: GpuStep): string {
  return count === 1 ? `the GPU ${gpu}` : `${count} GPUs ${gpu}`;
}

function describe({ index, name }: Gpu): string {
  return `GPU ${index} (${name})`;
}

function sameGpu(name: string, requested: string): boolean {
  return requested.split("-").every((part) => name.toUpperCase().includes(part.toUpperCase()));
}

/** The GPUs that CUDA_VISIBLE_DEVICES selects: indices or prefixes of UUIDs, up to the first invalid one. */
function visibleGpus(gpus: readonly Gpu[], value: string | undefined): readonly Gpu[] {
  if (value === undefined) return gpus;
  const visible: Gpu[] = [];
  for (const item of value.split(",").map((part) => part.trim())) {
    const found = gpus.find(({ index, uuid }) =>
      item.startsWith("GPU-") ? uuid.startsWith(item) : item === String(index),
    );
    // CUDA also ignores everything after an invalid entry.
    if (found === undefined) break;
    if (!visible.includes(found)) visible.push(found);
  }
  return visible;
}

/** Assigns GPUs to a sandbox and records them before another sandbox can choose. */
export async function assignGpus(step: GpuStep, context: StartContext): Promise<void> {
  const { onProgress, signal } = context.options;
  await using _choosing = await lockFile(join(sandboxesDirectory(), ".gpus.lock"), {
    python: (await findPython({ signal })).executable,
    signal,
    onWait: () => {},
  });
  context.gpus = await chooseGpus(step, onProgress);
  await writeRecord(startingRecord(context));
}
