import type { Progress } from "@seer/config";
import { EnvironmentError } from "../../../errors.ts";
import type { GpuStep } from "../../../plan/plan.ts";
import { liveRecords } from "../live-records.ts";
import type { SandboxRecord } from "../record.ts";
import { findGpus, type Gpu } from "./find-gpus.ts";
import { visibleGpus } from "./visible-gpus.ts";

/**
 * Chooses GPUs of this machine that no other sandbox has, the least used first, and returns their UUIDs. Other ones than
 * were named are good enough, and said. Whoever calls this keeps others from choosing until the choice is recorded.
 *
 * @throws EnvironmentError `environment/gpu-unavailable`, naming who has them
 */
export async function chooseGpus(step: GpuStep, onProgress: Progress): Promise<string[]> {
  const { gpu, count } = step;
  const outer = process.env.CUDA_VISIBLE_DEVICES;
  const found = visibleGpus(await findGpus(), outer);
  if (found.length < count) throw tooFew(step, found, outer);
  const given = new Map(
    (await liveRecords()).flatMap((record) => (record.gpus ?? []).map((uuid) => [uuid, record] as const)),
  );
  const free = found
    .filter(({ uuid }) => !given.has(uuid))
    .toSorted(
      (a, b) =>
        Number(sameGpu(b.name, gpu)) - Number(sameGpu(a.name, gpu)) ||
        a.usedMiB - b.usedMiB ||
        a.index - b.index,
    );
  if (free.length < count) throw taken(step, found, given);
  const chosen = free.slice(0, count);
  const others = chosen.some(({ name }) => !sameGpu(name, gpu)) ? ` (${gpu} was asked for)` : "";
  onProgress(`GPU: ${chosen.map(describe).join(", ")}${others}`);
  return chosen.map(({ uuid }) => uuid);
}

function tooFew(step: GpuStep, found: readonly Gpu[], outer: string | undefined): EnvironmentError {
  const has = found.length === 0 ? "no NVIDIA GPU was found" : `it has ${found.map(describe).join(", ")}`;
  const limit = outer === undefined ? "" : `, with CUDA_VISIBLE_DEVICES=${outer}`;
  return new EnvironmentError(
    "environment/gpu-unavailable",
    `The sandbox needs ${wanted(step)} and runs on this machine, where ${has}${limit}`,
    { hint: "Remove `gpu` to run on the CPU, or run where `nvidia-smi -L` lists enough GPUs." },
  );
}

function taken(
  step: GpuStep,
  found: readonly Gpu[],
  given: ReadonlyMap<string, SandboxRecord>,
): EnvironmentError {
  const holders = found.flatMap((gpu) => {
    const state = given.get(gpu.uuid)?.state;
    if (state === undefined) return [];
    return [
      `${describe(gpu)} is given to ${state.name === state.id ? state.id : `${state.name} (${state.id})`}`,
    ];
  });
  const free = found.length - holders.length;
  return new EnvironmentError(
    "environment/gpu-unavailable",
    `The sandbox needs ${wanted(step)}; of the ${found.length} of this machine ${free === 0 ? "none is" : `${free} are`} free: ${holders.join(", ")}`,
    { hint: "End a sandbox with `seer stop`, or ask for fewer with `gpuCount`." },
  );
}

function wanted({ gpu, count }: GpuStep): string {
  return count === 1 ? `the GPU ${gpu}` : `${count} GPUs ${gpu}`;
}

function describe({ index, name }: Gpu): string {
  return `GPU ${index} (${name})`;
}

function sameGpu(name: string, wanted: string): boolean {
  return wanted.split("-").every((part) => name.toUpperCase().includes(part.toUpperCase()));
}
