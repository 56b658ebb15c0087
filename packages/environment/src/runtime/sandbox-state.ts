import type { Backend as BackendName, EgressConfig, ModelHandle, RepoHandle } from "@seer/config";
import type { MissingWall } from "@seer/rpc/launch";
import type { Plan, ServiceStep } from "../plan/plan.ts";

/** The recorded state of a sandbox, which other processes of this user can read. */
export interface SandboxState {
  readonly id: string;
  readonly name: string;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  /** ISO 8601. */
  readonly createdAt: string;
  readonly isolation: {
    readonly kind: "bubblewrap" | "none" | "remote";
    readonly reason?: string | undefined;
    /** Parts of the isolation that this machine does not support. */
    readonly lacks?: readonly MissingWall[] | undefined;
  };
  readonly gpu: string | null;
  readonly gpuCount: number;
  readonly egress: EgressConfig;
  /** The PYTHONPATH of its processes. */
  readonly pythonPath: string;
  readonly models: readonly ModelHandle[];
  readonly repos: readonly RepoHandle[];
  readonly interfaces: readonly InterfaceRecord[];
  readonly services: readonly ServiceRecord[];
  /** Names only. */
  readonly secrets: readonly string[];
}

/** An interface and its files. */
export interface InterfaceFilesRecord {
  readonly name: string;
  /** Path of its file on the researcher's machine, and in the sandbox. */
  readonly source: string;
  readonly file: string;
  /** Sandbox paths of all files that were uploaded for it. */
  readonly files: readonly string[];
  /** Hash of those files as loaded, for detecting edits. */
  readonly digest: string;
}

/** An interface that a sandbox serves. */
export interface InterfaceRecord extends InterfaceFilesRecord {
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
  /** The stable address on the owner's machine of an idle sandbox's interface. */
  readonly gateway?: { readonly url: string; readonly token: string } | undefined;
  /** Whether its file is still loading. Functions cannot be called before it has loaded. */
  readonly loading?: boolean | undefined;
}

/** A server of a sandbox for people and tools. */
export interface ServiceRecord {
  readonly service: ServiceStep["service"];
  readonly url: string;
  /** A token or password. */
  readonly secret: string;
}

/** An entry of `Sandbox.list`. */
export interface SandboxInfo {
  readonly id: string;
  readonly name: string;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  /** A `stopped` sandbox is started again by the next call. */
  readonly state: "starting" | "running" | "stopped";
  readonly createdAt: Date;
  readonly uptimeMs: number;
  readonly isolation: string;
  readonly gpu: string | null;
  readonly gpuCount: number;
  /** Names of the interfaces that it serves. */
  readonly interfaces: readonly string[];
  /** Names of the interfaces whose files are still loading. */
  readonly loading: readonly string[];
  /** Current use of resources, on this machine only. */
  readonly usage?: SandboxUsage | undefined;
  /** The process that started it. */
  readonly ownerPid: number | undefined;
  readonly ownerAlive: boolean;
}

export interface SandboxUsage {
  readonly processes: number;
  /** CPU time since its start. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly gpuMemoryBytes?: number | undefined;
}
