import { type EgressConfig, formatDuration } from "@seer/config";
import { withoutCredentials } from "@seer/system";
import type { ModelSource, Plan, PlanStep } from "./plan.ts";

/** A plan as text, one line for each step. */
export function describePlan(plan: Plan): string {
  const lines = plan.steps.map((step, index) => `${String(index + 1).padStart(2)}. ${describeStep(step)}`);
  return [`${plan.backend} ${plan.kind === "scoped" ? "scoped sandbox" : "sandbox"}:`, ...lines].join("\n");
}

function describeStep(step: PlanStep): string {
  switch (step.kind) {
    case "gpu":
      return `GPU: ${step.count} × ${step.gpu}`;
    case "system-packages":
      return `System packages: ${step.packages.join(", ")}`;
    case "model":
      return `Model ${step.name}${step.hidden ? " (hidden)" : ` from ${sourceText(step.source)}`} at ${step.path}`;
    case "python":
      return `Python ${step.version ?? "(default)"} with ${list(step.packages, "no packages")}`;
    case "instance":
      return [
        step.timeoutMs === undefined ? "Instance" : `Instance for at most ${formatDuration(step.timeoutMs)}`,
        ...(step.secrets.length === 0 ? [] : [`with the secrets ${step.secrets.join(", ")}`]),
        ...egressText(step.egress),
        ...(step.docker ? ["with Docker"] : []),
      ].join(", ");
    case "repository":
      return `Repository ${withoutCredentials(step.name)}${step.ref === undefined ? "" : ` at ${step.ref}`} in ${step.path}${installText(step.install)}${step.dockerfile === undefined ? "" : `, with an image from its ${step.dockerfile}`}`;
    case "directory":
      return `Directory ${step.from} as ${step.to}`;
    case "file":
      return `File ${step.from} as ${step.to}`;
    case "service":
      return step.service === "jupyter" ? "Jupyter server" : "code-server";
    case "workspace":
      return `Workspace in ${step.root}: ${list([...step.libraries, ...step.skills], "files only")}`;
  }
}

function egressText(egress: EgressConfig): string[] {
  if (typeof egress === "boolean") return egress ? [] : ["without network"];
  return [`with connections to ${egress.allow.join(", ")} only`];
}

function installText(install: boolean | string): string {
  if (typeof install === "string") return `, installed by \`${install}\``;
  return install ? ", installed" : "";
}

function sourceText(source: ModelSource): string {
  if (source.from === "directory") return source.directory;
  return `the hub${source.revision === undefined ? "" : ` (${source.revision})`}`;
}

function list(items: readonly string[], none: string): string {
  return items.length === 0 ? none : items.join(", ");
}
