import type { Gpu } from "./find-gpus.ts";

/** The GPUs that a CUDA_VISIBLE_DEVICES leaves: numbers or beginnings of UUIDs, up to the first that is neither. */
export function visibleGpus(gpus: readonly Gpu[], value: string | undefined): readonly Gpu[] {
  if (value === undefined) return gpus;
  const visible: Gpu[] = [];
  for (const item of value.split(",").map((part) => part.trim())) {
    const found = gpus.find(({ index, uuid }) =>
      item.startsWith("GPU-") ? uuid.startsWith(item) : item === String(index),
    );
    // So does CUDA: what follows a wrong one cannot be seen.
    if (found === undefined) break;
    if (!visible.includes(found)) visible.push(found);
  }
  return visible;
}
