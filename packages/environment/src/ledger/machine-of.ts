import type { MeteredMachine } from "../backends/backend.ts";
import type { Plan } from "../plan/plan.ts";

/** The machine that a plan makes, as it is paid for. */
export function machineOf({ steps }: Plan): Omit<MeteredMachine, "id"> {
  const gpu = steps.find((step) => step.kind === "gpu");
  return { purpose: "sandbox", gpu: gpu?.gpu ?? null, gpuCount: gpu?.count ?? 0 };
}
