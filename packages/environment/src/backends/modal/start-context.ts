import { randomUUID } from "node:crypto";
import type { EgressConfig, RepoHandle } from "@seer/config";
import type { Sandbox } from "modal";
import { egressOf, type GpuStep, type ModelStep, type Plan } from "../../plan/plan.ts";
import type { BackendStartOptions } from "../../runtime/backend.ts";
import { modelHandle } from "../../runtime/model-handle.ts";
import type { SandboxState } from "../../runtime/sandbox-state.ts";
import type { ModalInstance } from "./modal-instance.ts";
import type { ModalSession } from "./session.ts";
import { type Tags, thisOwner } from "./tags.ts";

/** State of one sandbox start on Modal, shared by its steps. */
export class StartContext {
  readonly session: ModalSession;
  readonly plan: Plan;
  readonly options: BackendStartOptions;
  readonly purpose: Tags["purpose"];
  /** Identifies this start while the sandbox has no ID yet. */
  readonly start = randomUUID();
  readonly createdAt = new Date();
  readonly models: ModelStep[] = [];
  readonly repos: RepoHandle[] = [];
  gpu: GpuStep | undefined;
  /** PYTHONPATH inside the sandbox. */
  pythonPath = "";
  #instance: ModalInstance | undefined;

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

  get instance(): ModalInstance {
    if (this.#instance === undefined) throw new TypeError("The plan has no `instance` step before this one");
    return this.#instance;
  }

  set instance(instance: ModalInstance) {
    this.#instance = instance;
  }

  get hasInstance(): boolean {
    return this.#instance !== undefined;
  }

  /** Whether to limit the network only at the end of the start, because earlier steps need it. */
  get limitsNetworkLate(): boolean {
    const { steps } = this.plan;
    return this.egress !== true && steps.some(({ kind }) => kind === "repository" || kind === "service");
  }

  get egress(): EgressConfig {
    return egressOf(this.plan);
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
      loading: [],
    };
  }

  state({ sandboxId: id }: Sandbox): SandboxState {
    const { options, models, repos, pythonPath } = this;
    return {
      id,
      name: options.name ?? id,
      backend: "modal",
      kind: this.plan.kind,
      createdAt: this.createdAt.toISOString(),
      isolation: { kind: "remote" },
      gpu: this.gpu?.gpu ?? null,
      gpuCount: this.gpu?.count ?? 1,
      egress: this.egress,
      pythonPath,
      models: models.map((model) => modelHandle(model, (path) => path)),
      repos,
      interfaces: [],
      services: [],
      secrets: Object.keys(options.secrets),
    };
  }
}
