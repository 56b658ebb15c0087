import { randomUUID } from "node:crypto";
import type { RepoHandle } from "@seer/config";
import type { Sandbox } from "modal";
import type { GpuStep, MachineStep, ModelStep, Plan } from "../../plan/plan.ts";
import type { BackendStartOptions, SandboxState, ServiceRecord } from "../backend.ts";
import { modelHandle } from "../model-handle.ts";
import type { ModalMachine } from "./modal-machine.ts";
import type { ModalSession } from "./session.ts";
import { type Tags, thisOwner } from "./tags.ts";

/** One start of a sandbox on Modal: what is known of it, and what its steps have made for those that follow. */
export class StartContext {
  readonly session: ModalSession;
  readonly plan: Plan;
  readonly options: BackendStartOptions;
  readonly purpose: Tags["purpose"];
  /** Names this start, as long as the sandbox has no id. */
  readonly start = randomUUID();
  readonly createdAt = new Date();
  readonly models: ModelStep[] = [];
  readonly repos: RepoHandle[] = [];
  readonly services: ServiceRecord[] = [];
  gpu: GpuStep | undefined;
  /** PYTHONPATH inside. */
  pythonPath = "";
  #machine: ModalMachine | undefined;

  constructor(
    session: ModalSession,
    plan: Plan,
    options: BackendStartOptions,
    purpose: Tags["purpose"] = "sandbox",
  ) {
    this.session = session;
    this.plan = plan;
    this.options = options;
    this.purpose = purpose;
    this.repos.push(...(options.from?.repos ?? []));
  }

  get machine(): ModalMachine {
    if (this.#machine === undefined) throw new TypeError("The plan has no `machine` step before this one");
    return this.#machine;
  }

  set machine(machine: ModalMachine) {
    this.#machine = machine;
  }

  get hasMachine(): boolean {
    return this.#machine !== undefined;
  }

  /** What is cut at the end of the start, because steps before it need the network. */
  get cutsNetworkLate(): boolean {
    const { steps } = this.plan;
    const isCut = steps.some((step): step is MachineStep => step.kind === "machine" && !step.egress);
    return isCut && steps.some(({ kind }) => kind === "repository" || kind === "service");
  }

  get tags(): Tags {
    return {
      purpose: this.purpose,
      start: this.start,
      name: this.options.name,
      state: "starting",
      kind: this.plan.kind,
      createdAt: this.createdAt,
      gpu: this.gpu?.gpu ?? null,
      gpuCount: this.gpu?.count ?? 1,
      owner: thisOwner(),
      interfaces: [],
    };
  }

  state({ sandboxId: id }: Sandbox): SandboxState {
    const { options, models, repos, services, pythonPath } = this;
    return {
      id,
      name: options.name ?? id,
      backend: "modal",
      kind: this.plan.kind,
      createdAt: this.createdAt.toISOString(),
      isolation: { kind: "remote" },
      gpu: this.gpu?.gpu ?? null,
      gpuCount: this.gpu?.count ?? 1,
      pythonPath,
      models: models.map((model) => modelHandle(model, (path) => path)),
      repos,
      interfaces: [],
      services,
      secrets: Object.keys(options.secrets),
    };
  }
}
