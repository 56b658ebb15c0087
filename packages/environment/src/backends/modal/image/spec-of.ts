import type { Plan } from "../../../plan/plan.ts";
import { servicesOf } from "../../../plan/services-of.ts";
import type { ImageSpec } from "./layers.ts";

/** What a plan's image is made of. */
export function specOf(plan: Plan): ImageSpec {
  let spec: ImageSpec = {
    python: { kind: "python", packages: [] },
    systemPackages: [],
    docker: false,
    services: servicesOf(plan),
  };
  for (const step of plan.steps) {
    if (step.kind === "python") spec = { ...spec, python: step };
    if (step.kind === "system-packages") spec = { ...spec, systemPackages: step.packages };
    if (step.kind === "machine") spec = { ...spec, docker: step.docker };
  }
  return spec;
}
