import type { RepoHandle } from "@seer/config";
import type { Mount } from "@seer/rpc/launch";
import type { GpuStep, ModelStep, Plan, ServiceStep } from "../../plan/plan.ts";
import { servicesOf } from "../../plan/services-of.ts";
import type { PythonEnvironment } from "../../this-machine/python-environment.ts";
import type { BackendStartOptions, SandboxState, ServiceRecord } from "../backend.ts";
import type { DockerEngine } from "../docker/engine.ts";
import type { SandboxView } from "./boot.ts";
import { type SandboxDirectories, sandboxDirectories } from "./home.ts";
import { pathMap, realPath } from "./layout.ts";
import type { LocalMachine } from "./local-machine.ts";
import type { PathMap } from "./record.ts";
import type { LocalServices } from "./services/prepare-services.ts";

/** One start of a sandbox on this machine: what is known of it, and what its steps have made for those that follow. */
export class StartContext {
  readonly id: string;
  readonly name: string;
  readonly kind: Plan["kind"];
  readonly options: BackendStartOptions;
  readonly isolation: SandboxState["isolation"];
  readonly directories: SandboxDirectories;
  readonly createdAt = new Date();
  readonly models: ModelStep[] = [];
  readonly modelMounts: Mount[] = [];
  readonly repos: RepoHandle[] = [];
  gpu: GpuStep | undefined;
  /** UUIDs of those that were chosen for it. */
  gpus: readonly string[] = [];
  readonly plannedServices: readonly ServiceStep["service"][];
  readonly services: ServiceRecord[] = [];
  /** Which containers are built and run with. */
  docker: DockerEngine | undefined;
  serviceNeeds: LocalServices = { mounts: [] };
  /** The paths by which the files of the snapshot that it begins with know themselves. */
  before: PathMap | undefined;
  /** What a sandbox without network is made of, for what has to be done with one; its variables without secrets. */
  sealed: { readonly view: SandboxView; readonly env: Readonly<Record<string, string>> } | undefined;
  /** PYTHONPATH inside. */
  pythonPath = "";
  #environment: PythonEnvironment | undefined;
  #machine: LocalMachine | undefined;

  constructor(id: string, plan: Plan, isolation: SandboxState["isolation"], options: BackendStartOptions) {
    this.id = id;
    this.name = options.name ?? id;
    this.kind = plan.kind;
    this.plannedServices = servicesOf(plan);
    this.options = options;
    this.isolation = isolation;
    this.directories = sandboxDirectories(id);
  }

  get isolated(): boolean {
    return this.isolation.kind === "bubblewrap";
  }

  get environment(): PythonEnvironment {
    return made(this.#environment, "python");
  }

  set environment(environment: PythonEnvironment) {
    this.#environment = environment;
  }

  get machine(): LocalMachine {
    return made(this.#machine, "machine");
  }

  set machine(machine: LocalMachine) {
    this.#machine = machine;
  }

  get hasMachine(): boolean {
    return this.#machine !== undefined;
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

function made<T>(value: T | undefined, step: string): T {
  if (value === undefined) throw new TypeError(`The plan has no \`${step}\` step before this one`);
  return value;
}
