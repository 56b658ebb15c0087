import { basename, posix, resolve } from "node:path";
import { type Backend, type RepoConfig, type SandboxConfig, sandboxPaths } from "@seer/config";
import type { Workspace } from "@seer/workspace";
import { EnvironmentError } from "../errors.ts";
import { findGpuOn } from "./find-gpu.ts";
import { modelSteps } from "./model-steps.ts";
import type { Plan, PlanStep, RepositoryStep } from "./plan.ts";

export interface PlanOptions {
  /** @default "sandbox" */
  kind?: Plan["kind"] | undefined;
  workspace?: Workspace | undefined;
}

/**
 * Turns a configuration into the steps that make its sandbox. Cheap steps that may fail come before slow ones.
 *
 * @throws EnvironmentError `environment/gpu-unknown`, `environment/gpu-unavailable` or `environment/path-conflict`
 */
export function buildPlan(config: SandboxConfig, { kind = "sandbox", workspace }: PlanOptions = {}): Plan {
  const {
    gpu,
    gpuCount,
    systemPackages,
    pythonVersion,
    pythonPackages,
    env,
    secrets,
    timeoutMs,
    egress,
    limits,
  } = config;
  // A repository's Dockerfile needs Docker to be built.
  const docker = config.dockerInDocker || config.repos.some((repo) => repo.dockerfile !== undefined);
  const steps: PlanStep[] = [
    ...(gpu === null ? [] : [gpuStep(config.backend, gpu, gpuCount)]),
    ...(systemPackages.length === 0 ? [] : [{ kind: "system-packages", packages: systemPackages } as const]),
    ...modelSteps(config.models),
    {
      kind: "python",
      ...(pythonVersion === undefined ? {} : { version: pythonVersion }),
      packages: pythonPackages,
    },
    {
      kind: "instance",
      env,
      secrets,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      egress,
      limits,
      docker,
    },
    ...repositorySteps(config.repos),
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
    // A scoped sandbox offers an agent nothing but the served functions.
    ...(kind === "sandbox" && config.executionMode === "notebook"
      ? [{ kind: "service", service: "jupyter" } as const]
      : []),
    ...(config.debug ? [{ kind: "service", service: "code-server" } as const] : []),
  ];
  checkPaths(steps);
  return { backend: config.backend, kind, steps };
}

/** Resolves a target path in a sandbox against the workspace. As for cp, `data/` is a directory to copy into. */
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
    const [path, name] = targetOf(step);
    if (path === undefined || name === undefined) continue;
    const other = taken.get(path);
    if (other !== undefined) {
      throw new EnvironmentError(
        "environment/path-conflict",
        `${other} and ${name} both have the target ${path}`,
        {
          hint: "Rename or remove one of them.",
        },
      );
    }
    taken.set(path, name);
  }
}

function targetOf(step: PlanStep): [path?: string, name?: string] {
  if (step.kind === "file") return [step.to, step.from];
  if (step.kind === "model" || step.kind === "repository") return [step.path, step.name];
  // Directories may overlap.
  return [];
}

function repositorySteps(repos: readonly RepoConfig[]): RepositoryStep[] {
  return repos.map(({ url, ref, install, dockerfile }) => ({
    kind: "repository",
    name: url,
    // `owner/repo` is on GitHub; other URLs have a scheme or a host.
    url: /^[^/:@]+\/[^/:]+$/.test(url) ? `https://github.com/${url}.git` : url,
    ...(ref === undefined ? {} : { ref }),
    path: `${sandboxPaths.workspace}/${nameOf(url)}`,
    install,
    ...(dockerfile === undefined ? {} : { dockerfile }),
  }));
}

function nameOf(url: string): string {
  const last = url.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? url;
  return last.replace(/\.git$/, "") || "repository";
}
