import type { EgressConfig, RepoHandle } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import type { PythonEnvironment } from "@seer/system";
import type { GpuStep, ModelStep, Plan, ServiceStep } from "../../plan/plan.ts";
import { egressOf, servicesOf } from "../../plan/plan.ts";
import type { BackendStartOptions } from "../../runtime/backend.ts";
import type { SandboxState } from "../../runtime/sandbox-state.ts";
import type { DockerEngine } from "../docker/engine.ts";
import type { SandboxView } from "./boot.ts";
import { type SandboxDirectories, sandboxDirectories } from "./home.ts";
import { pathMap, realPath } from "./layout.ts";
import type { LocalInstance } from "./local-instance.ts";
import type { LocalServices } from "./prepare-services.ts";
import type { PathMap } from "./sandbox-directory.ts";

/** State of one sandbox start on this machine, shared by its steps. */
export class StartContext {
  readonly id: string;
  readonly name: string;
  readonly kind: Plan["kind"];
  readonly egress: EgressConfig;
  readonly options: BackendStartOptions;
  readonly isolation: SandboxState["isolation"];
  readonly directories: SandboxDirectories;
  readonly createdAt = new Date();
  readonly models: ModelStep[] = [];
  readonly modelMounts: Mount[] = [];
  readonly repos: RepoHandle[] = [];
  gpu: GpuStep | undefined;
  /** UUIDs of the assigned GPUs. */
  gpus: readonly string[] = [];
  readonly plannedServices: readonly ServiceStep["service"][];
  /** The engine for building and running containers. */
  docker: DockerEngine | undefined;
  serviceNeeds: LocalServices = { mounts: [] };
  /** The path map of the snapshot that the sandbox starts from. */
  snapshotPaths: PathMap | undefined;
  hasOwnNetwork = false;
  /** For running installers with network access in a sandbox without full network access; the variables exclude secrets. */
  installView: { readonly view: SandboxView; readonly env: Readonly<Record<string, string>> } | undefined;
  /** PYTHONPATH inside the sandbox. */
  pythonPath = "";
  #environment: PythonEnvironment | undefined;
  #instance: LocalInstance | undefined;

  constructor(id: string, plan: Plan, isolation: SandboxState["isolation"], options: BackendStartOptions) {
    this.id = id;
    this.name = options.name ?? id;
    this.kind = plan.kind;
    this.egress = egressOf(plan);
    this.plannedServices = servicesOf(plan);
    this.options = options;
    this.isolation = isolation;
    this.directories = sandboxDirectories(id);
  }

  get isolated(): boolean {
    return this.isolation.kind === "bubblewrap";
  }

  get environment(): PythonEnvironment {
    return requireStep(this.#environment, "python");
  }

  set environment(environment: PythonEnvironment) {
    this.#environment = environment;
  }

  get instance(): LocalInstance {
    return requireStep(this.#instance, "instance");
  }

  set instance(instance: LocalInstance) {
    this.#instance = instance;
  }

  get hasInstance(): boolean {
    return this.#instance !== undefined;
  }

  get paths(): PathMap {
    return this.isolated
      ? []
      : pathMap(this.directories, this.#environment?.directory, this.serviceNeeds.mounts);
  }

  real(path: string): string {
    return realPath(path, this.paths);
  }
}

function requireStep<T>(value: T | undefined, step: string): T {
  if (value === undefined) throw new TypeError(`The plan has no \`${step}\` step before this one`);
  return value;
}
