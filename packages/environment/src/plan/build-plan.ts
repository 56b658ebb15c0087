import { basename, posix, resolve } from "node:path";
import { type Backend, type SandboxConfig, sandboxPaths } from "@seer/config";
import type { Workspace } from "@seer/workspace";
import { EnvironmentError } from "../errors.ts";
import { findGpuOn } from "../gpus/find-gpu.ts";
import { placeModels } from "./place-models.ts";
import { placeRepositories } from "./place-repositories.ts";
import type { Plan, PlanStep } from "./plan.ts";

export interface PlanOptions {
  /** @default "sandbox" */
  kind?: Plan["kind"] | undefined;
  workspace?: Workspace | undefined;
}

/**
 * Turns a configuration into the steps that make its sandbox. What is cheap and may fail comes before what is slow.
 *
 * @throws EnvironmentError `environment/gpu-unknown`, `environment/gpu-unavailable` or `environment/path-conflict`
 */
export function buildPlan(config: SandboxConfig, { kind = "sandbox", workspace }: PlanOptions = {}): Plan {
  const { gpu, gpuCount, systemPackages, pythonVersion, pythonPackages, env, secrets, timeoutMs, egress } =
    config;
  // A Dockerfile of a repository is of no use without.
  const docker = config.dockerInDocker || config.repos.some((repo) => repo.dockerfile !== undefined);
  const steps: PlanStep[] = [
    ...(gpu === null ? [] : [gpuStep(config.backend, gpu, gpuCount)]),
    ...(systemPackages.length === 0 ? [] : [{ kind: "system-packages", packages: systemPackages } as const]),
    ...placeModels(config.models),
    {
      kind: "python",
      ...(pythonVersion === undefined ? {} : { version: pythonVersion }),
      packages: pythonPackages,
    },
    { kind: "machine", env, secrets, timeoutMs, egress, docker },
    ...placeRepositories(config.repos),
    ...config.localDirs.map(([from, to]) => ({
      kind: "directory" as const,
      from: resolve(from),
      to: destination(from, to),
    })),
    ...config.localFiles.map(([from, to]) => ({
      kind: "file" as const,
      from: resolve(from),
      to: destination(from, to),
    })),
    ...(workspace === undefined ? [] : [workspaceStep(workspace)]),
    // A scoped sandbox has nothing for an agent but the functions that it serves.
    ...(kind === "sandbox" && config.executionMode === "notebook"
      ? [{ kind: "service", service: "jupyter" } as const]
      : []),
    ...(config.debug ? [{ kind: "service", service: "code-server" } as const] : []),
  ];
  checkPaths(steps);
  return { backend: config.backend, kind, steps };
}

/** The absolute path in a sandbox that is meant: relative ones are the agent's, and `data/` means into it, as for cp. */
export function destination(from: string, to: string): string {
  return posix.resolve(sandboxPaths.workspace, to.endsWith("/") ? `${to}${basename(from)}` : to);
}

function gpuStep(backend: Backend, name: string, count: number): PlanStep {
  return { kind: "gpu", gpu: findGpuOn(backend, name, count).name, count };
}

function workspaceStep(workspace: Workspace): PlanStep {
  return {
    kind: "workspace",
    libraries: workspace.libraries.map(({ name }) => name),
    skills: [...workspace.skills.map(({ name }) => name), ...workspace.skillDirs],
    root: sandboxPaths.workspace,
  };
}

function checkPaths(steps: readonly PlanStep[]): void {
  const taken = new Map<string, string>();
  for (const step of steps) {
    const [path, name] = placeOf(step);
    if (path === undefined || name === undefined) continue;
    const twin = taken.get(path);
    if (twin !== undefined) {
      throw new EnvironmentError(
        "environment/path-conflict",
        `${twin} and ${name} would both be at ${path}`,
        {
          hint: "Rename or remove one.",
        },
      );
    }
    taken.set(path, name);
  }
}

function placeOf(step: PlanStep): [path?: string, name?: string] {
  if (step.kind === "file") return [step.to, step.from];
  if (step.kind === "model" || step.kind === "repository") return [step.path, step.name];
  // Directories may be merged.
  return [];
}
