import type { Backend as BackendName, ModelHandle, Progress, RepoHandle, SandboxConfig } from "@seer/config";
import type { Workspace } from "@seer/workspace";
import type { Plan, ServiceStep } from "../plan/plan.ts";

/**
 * A place where sandboxes run. It carries out plans and finds the sandboxes that it has; what a sandbox is, and what
 * can be done in it, is the same everywhere and is built on `Machine`.
 */
export interface Backend {
  readonly name: BackendName;
  /** Carries out a plan; when that fails, or `signal` aborts, nothing of it is left. */
  start(plan: Plan, options: BackendStartOptions): Promise<Machine>;
  /** Takes up a running sandbox by its id or name. */
  attach(idOrName: string): Promise<Machine>;
  /** Its sandboxes that are alive; clears away what dead ones left. */
  list(): Promise<SandboxInfo[]>;
  /** Removes what a snapshot keeps; one that is gone already is no error. */
  removeSnapshot(snapshot: SnapshotRecord): Promise<void>;
}

export interface BackendStartOptions {
  name?: string | undefined;
  /** Values of the plan's secrets. */
  secrets: Readonly<Record<string, string>>;
  /** What the plan's workspace step puts in place. */
  workspace?: Workspace | undefined;
  isolation: IsolationChoice;
  /** What to begin with. The plan has no steps for the files that it brings. */
  from?: SnapshotRecord | undefined;
  /** Told what begins and ends to cost, at the moment when it does. */
  meter: Meter;
  /** Called as soon as there is a machine, so that it is ended with this process even while it is being furnished. */
  onMachine: (machine: Machine) => void;
  /** The same before there is one, when what was asked for would come to be without this process, too. */
  onPending?: ((pending: Pick<Machine, "ended" | "terminateNow">) => void) | undefined;
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/** `"auto"` isolates as well as the machine can; `"bubblewrap"` fails where it does not work; `"none"` does without. */
export type IsolationChoice = "auto" | "bubblewrap" | "none";

/** Keeps account of machines, for the ledger and the budget. */
export interface Meter {
  /**
   * How long such a machine may run from now on, in milliseconds, for what is left of the budget; Infinity without one.
   *
   * @throws EnvironmentError `environment/budget-exceeded` when that is too little to be of use
   */
  affordableMs(machine: Omit<MeteredMachine, "id">): number;
  /** To be called at the moment from which on it costs something. */
  begin(machine: MeteredMachine): void;
  /** Ending one twice, or one that never began, changes nothing. */
  end(id: string, reason: EndReason): void;
}

/** A machine that costs something from now on. */
export interface MeteredMachine {
  /** The sandbox's id on its backend. */
  readonly id: string;
  readonly purpose: "sandbox" | "weights";
  /** Null for one without a GPU. */
  readonly gpu: string | null;
  readonly gpuCount: number;
}

/** A running sandbox, as its backend offers it. */
export interface Machine {
  readonly state: SandboxState;
  /** The only ports of the sandbox that `urlOf` can give; any when undefined. */
  readonly ports?: readonly number[] | undefined;
  /** The backend's own object for it, where it has one. */
  readonly native?: unknown;
  /** Settles when it has ended, with the reason. */
  readonly ended: Promise<EndReason>;
  /** Starts a command; its output comes through `onOutput` from then on. */
  start(command: MachineCommand): Promise<MachineProcess>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, content: FileContent, options?: { executable?: boolean }): Promise<void>;
  ensureDir(path: string): Promise<void>;
  /** Writes many files at once, and makes directories, in this order. */
  writeTree(entries: AsyncIterable<TreeEntry>): Promise<void>;
  /** The path by which the machine's processes know what a sandbox calls `path`. */
  realPath(path: string): string;
  /**
   * The URL at which this machine reaches a port of the sandbox's loopback.
   *
   * @param options With `same`, a local sandbox has the same port on this machine or none.
   * @throws EnvironmentError `environment/port-unavailable`
   */
  urlOf(port: number, options?: { same?: boolean | undefined }): Promise<string>;
  /** Changes what is kept of the interfaces, for this process and for others that take the sandbox up. */
  updateInterfaces(
    change: (current: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void>;
  /** How many processes hold it, this one among them. */
  holders(): Promise<number>;
  /** Keeps its files as they are now, until they are removed; what runs in it goes on. */
  snapshot(options: MachineSnapshotOptions): Promise<SnapshotContent>;
  /** Ends everything in it, and returns when nothing of it is left. */
  terminate(): Promise<void>;
  /** The same, for the end of this process: without waiting for any promise. */
  terminateNow(): void;
  /** Lets go of it; it lives on as long as somebody else holds it. */
  release(): void;
}

export interface MachineSnapshotOptions {
  id: string;
  signal?: AbortSignal | undefined;
  /** In no list, so that it must not be there for ever when nobody is left who knows of it. */
  isUnlisted?: boolean | undefined;
}

export type EndReason = "terminated" | "timeout" | "budget" | "idle" | "owner-gone" | "lost";

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A file with its content, or a directory. */
export interface TreeEntry {
  readonly path: string;
  readonly file?: { readonly content: AsyncIterable<Uint8Array>; readonly executable: boolean } | undefined;
}

export interface MachineCommand {
  readonly argv: readonly string[];
  /** A path as the sandbox calls it; `/workspace` when absent. */
  readonly cwd?: string | undefined;
  /** Added to the sandbox's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | Uint8Array | undefined;
  /** Sends stderr with stdout, in the order of writing. */
  readonly merge?: boolean | undefined;
  readonly onOutput?: ((stream: "stdout" | "stderr", data: Uint8Array) => void) | undefined;
}

export interface MachineProcess {
  /** Settles when it has ended and all its output has come: its exit code, or minus the number of its signal. */
  readonly exited: Promise<number>;
  /** Ends it, with all that it started. */
  kill(): void;
  /** Lets it go on without this process, which ends it otherwise. */
  detach(): Promise<void>;
}

/** What is known of a sandbox, also to other processes; its backend keeps it where only this user can read it. */
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
  };
  readonly gpu: string | null;
  readonly gpuCount: number;
  /** The PYTHONPATH of its processes. */
  readonly pythonPath: string;
  readonly models: readonly ModelHandle[];
  readonly repos: readonly RepoHandle[];
  readonly interfaces: readonly InterfaceRecord[];
  /** What runs in it besides: a Jupyter server, a code-server. */
  readonly services: readonly ServiceRecord[];
  /** Names only. */
  readonly secrets: readonly string[];
}

/** Where a backend keeps a snapshot's files. */
export type SnapshotContent =
  | { readonly kind: "directory"; readonly directory: string; readonly bytes: number }
  | { readonly kind: "image"; readonly imageId: string };

/** What is kept of a snapshot, on the researcher's machine. */
export interface SnapshotRecord {
  readonly version: 1;
  readonly id: string;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  readonly description: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** The sandbox that it was taken of. */
  readonly sandbox: { readonly id: string; readonly name: string };
  /** How that sandbox was configured; it holds no secret. */
  readonly config: SandboxConfig;
  readonly repos: readonly RepoHandle[];
  readonly content: SnapshotContent;
}

/** An interface that a sandbox serves. */
export interface InterfaceRecord {
  readonly name: string;
  /** Its file on the researcher's machine, and in the sandbox. */
  readonly source: string;
  readonly file: string;
  /** All that was uploaded for it. */
  readonly files: readonly string[];
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
  /** Its address on its owner's machine, which stays the same when the sandbox is stopped and started again. */
  readonly gateway?: { readonly url: string; readonly token: string } | undefined;
}

/** A server of a sandbox for people and tools, with what it asks for. */
export interface ServiceRecord {
  readonly service: ServiceStep["service"];
  readonly url: string;
  /** A token or password. */
  readonly secret: string;
}

/** A sandbox in a list. */
export interface SandboxInfo {
  readonly id: string;
  readonly name: string;
  readonly backend: BackendName;
  readonly kind: Plan["kind"];
  /** `stopped` is one that its owner starts again when somebody uses it. */
  readonly state: "starting" | "running" | "stopped";
  readonly createdAt: Date;
  readonly uptimeMs: number;
  readonly isolation: string;
  readonly gpu: string | null;
  readonly gpuCount: number;
  /** Names of the interfaces that it serves. */
  readonly interfaces: readonly string[];
  /** What it uses, where that can be told without asking it. */
  readonly usage?: SandboxUsage | undefined;
  /** The process that started it. */
  readonly ownerPid: number | undefined;
  readonly ownerAlive: boolean;
}

/** What a sandbox uses now. */
export interface SandboxUsage {
  readonly processes: number;
  /** Since its start. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly gpuMemoryBytes?: number | undefined;
}
