import type { Backend } from "@seer/config";

/**
 * What to do to make a sandbox, in order. It is data: it can be printed, stored and compared, and holds no secret.
 * A backend carries it out, and decides nothing that is decided here.
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
  | MachineStep
  | RepositoryStep
  | DirectoryStep
  | FileStep
  | WorkspaceStep
  | ServiceStep;

/** GPUs that the machine must have. */
export interface GpuStep {
  readonly kind: "gpu";
  readonly gpu: string;
  readonly count: number;
}

/** Debian packages that the machine must have. */
export interface SystemPackagesStep {
  readonly kind: "system-packages";
  readonly packages: readonly string[];
}

/** Weights at `path`, which the variable names. */
export interface ModelStep {
  readonly kind: "model";
  /** What the sandbox calls it, which for a hidden model says nothing. */
  readonly name: string;
  readonly varName: string;
  readonly hidden: boolean;
  readonly source: ModelSource;
  readonly path: string;
  readonly variable: string;
  /** Only for PEFT adapters. */
  readonly adapter?: {
    readonly base?: { readonly source: ModelSource; readonly path: string };
    readonly keep: boolean;
  };
}

export type ModelSource =
  | { readonly from: "directory"; readonly directory: string }
  | { readonly from: "hub"; readonly id: string; readonly revision?: string };

/** A Python environment of its own with these packages. */
export interface PythonStep {
  readonly kind: "python";
  /** `"3.12"`; the backend's own choice when absent. */
  readonly version?: string;
  readonly packages: readonly string[];
}

/** The machine itself, with all of the steps before this one; what follows happens in it. */
export interface MachineStep {
  readonly kind: "machine";
  readonly env: Readonly<Record<string, string>>;
  /** Names only. */
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
  /** Whether what runs in it can reach the network. */
  readonly egress: boolean;
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
  readonly install: boolean;
  /** The Dockerfile, relative to the repository, from which a container image is built in the sandbox. */
  readonly dockerfile?: string;
}

/** A directory of the researcher's machine, copied. */
interface DirectoryStep {
  readonly kind: "directory";
  readonly from: string;
  readonly to: string;
}

/** A file of the researcher's machine, copied. */
interface FileStep {
  readonly kind: "file";
  readonly from: string;
  readonly to: string;
}

/** The libraries, skills and files of a workspace. */
interface WorkspaceStep {
  readonly kind: "workspace";
  readonly libraries: readonly string[];
  readonly skills: readonly string[];
  readonly root: string;
}

/** A server of the sandbox for people and tools; its port asks for a token or a password. */
export interface ServiceStep {
  readonly kind: "service";
  readonly service: "jupyter" | "code-server";
}
