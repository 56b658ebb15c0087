import type { Backend, EgressConfig, LimitsConfig } from "@seer/config";

/**
 * The ordered steps that make a sandbox. It is plain data: it can be printed, stored and compared, and holds no secret.
 * A backend executes it without deciding anything that is decided here.
 */
export interface Plan {
  readonly backend: Backend;
  /** A sandbox that an agent works in, or one that only serves functions. */
  readonly kind: "sandbox" | "scoped";
  readonly steps: readonly PlanStep[];
}

export type PlanStep =
  | GpuStep
  | SystemPackagesStep
  | ModelStep
  | PythonStep
  | InstanceStep
  | RepositoryStep
  | DirectoryStep
  | FileStep
  | WorkspaceStep
  | ServiceStep;

/** GPUs that the instance must have. */
export interface GpuStep {
  readonly kind: "gpu";
  readonly gpu: string;
  readonly count: number;
}

/** Debian packages that the instance must have. */
export interface SystemPackagesStep {
  readonly kind: "system-packages";
  readonly packages: readonly string[];
}

/** Weights at `path`; the environment variable `variable` holds that path. */
export interface ModelStep {
  readonly kind: "model";
  /** Its name in the sandbox, which does not identify a hidden model. */
  readonly name: string;
  readonly varName: string;
  readonly hidden: boolean;
  /** Whether to load the model as a `PeftModel`. */
  readonly loadAsPeft: boolean;
  readonly source: ModelSource;
  readonly path: string;
  readonly variable: string;
  /** Only for PEFT adapters. */
  readonly adapter?: AdapterSource;
}

export type ModelSource =
  /** `id` is the hub ID that the directory stands in for. */
  | { readonly from: "directory"; readonly directory: string; readonly id?: string }
  | { readonly from: "hub"; readonly id: string; readonly revision?: string };

export interface AdapterSource {
  /** The base, if it is configured; otherwise the adapter's own files name it. */
  readonly base?: { readonly source: ModelSource; readonly path: string };
  /** The directories below which the adapter's files may name a base. */
  readonly baseRoots: readonly string[];
  /** Directories that stand in for models of the hub. */
  readonly standIns: readonly { readonly id: string; readonly directory: string }[];
}

/** The names that could identify a model. */
export function namesOf(source: ModelSource): string[] {
  if (source.from === "hub") return [source.id];
  return [source.directory, ...(source.id === undefined ? [] : [source.id])];
}

/** A Python environment with these packages. */
export interface PythonStep {
  readonly kind: "python";
  /** For example `"3.12"`; if absent, the backend chooses. */
  readonly version?: string;
  readonly packages: readonly string[];
}

/** Creates the instance from the results of the previous steps. Later steps run in it. */
export interface InstanceStep {
  readonly kind: "instance";
  readonly env: Readonly<Record<string, string>>;
  /** Names only. */
  readonly secrets: readonly string[];
  /** Absent if there is no time limit. */
  readonly timeoutMs?: number;
  /** Which hosts its processes can connect to. */
  readonly egress: EgressConfig;
  readonly limits: LimitsConfig;
  /** Whether it can build and run containers. */
  readonly docker: boolean;
}

/** A git repository checked out at `path`. */
export interface RepositoryStep {
  readonly kind: "repository";
  /** As configured, for messages. */
  readonly name: string;
  readonly url: string;
  readonly ref?: string;
  readonly path: string;
  /** Whether it is installed for editing, or the shell command that installs it, run in its directory. */
  readonly install: boolean | string;
  /** The Dockerfile, relative to the repository, from which a container image is built in the sandbox. */
  readonly dockerfile?: string;
}

/** Copies a directory from the researcher's machine. */
interface DirectoryStep {
  readonly kind: "directory";
  readonly from: string;
  readonly to: string;
}

/** Copies a file from the researcher's machine. */
interface FileStep {
  readonly kind: "file";
  readonly from: string;
  readonly to: string;
}

/** Installs the libraries, skills and files of a workspace. */
interface WorkspaceStep {
  readonly kind: "workspace";
  readonly libraries: readonly string[];
  readonly skills: readonly string[];
  readonly root: string;
}

/** A server for people and tools, protected by a token or a password. */
export interface ServiceStep {
  readonly kind: "service";
  readonly service: "jupyter" | "code-server";
}

const filesOnly: ReadonlySet<PlanStep["kind"]> = new Set(["repository", "directory", "file", "workspace"]);

/** The plan without the steps whose files are in the snapshot that the sandbox starts from. */
export function remainingPlan(plan: Plan): Plan {
  return { ...plan, steps: plan.steps.filter((step) => !filesOnly.has(step.kind)) };
}

export function servicesOf(plan: Plan): ServiceStep["service"][] {
  return plan.steps.flatMap((step) => (step.kind === "service" ? [step.service] : []));
}

/** What a sandbox of this plan may connect to. */
export function egressOf({ steps }: Plan): EgressConfig {
  return steps.find((step): step is InstanceStep => step.kind === "instance")?.egress ?? true;
}
