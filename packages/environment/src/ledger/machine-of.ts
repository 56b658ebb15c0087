import type { MeteredMachine } from "../backends/backend.ts";
import type { GpuStep, Plan } from "../plan/plan.ts";

/** The machine that a plan makes, as it is paid for. */
export function machineOf({ steps }: Plan): Omit<MeteredMachine, "id"> {
  return machineWith(steps.find((step) => step.kind === "gpu"));
}

/** A sandbox's machine with these GPUs or none, as it is paid for. */
export function machineWith(gpu: GpuStep | undefined): Omit<MeteredMachine, "id"> {
  return { purpose: "sandbox", gpu: gpu?.gpu ?? null, gpuCount: gpu?.count ?? 0 };
}
