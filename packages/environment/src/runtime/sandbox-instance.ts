import type { InterfaceRecord, SandboxState } from "./sandbox-state.ts";
import type { SnapshotContent } from "./snapshot-record.ts";

/** A running sandbox on a backend. An idle sandbox has several instances, one after another. */
export interface SandboxInstance {
  readonly state: SandboxState;
  /** The only ports that `urlOf` supports; undefined if it supports all ports. */
  readonly ports?: readonly number[] | undefined;
  /** Sandbox path of an interpreter that the sandbox's code cannot change, if there is one. */
  readonly fixedPython?: string | undefined;
  /** The backend's own object, if it has one. */
  readonly native?: unknown;
  /** Resolves with the reason when it has ended. */
  readonly ended: Promise<EndReason>;
  start(command: InstanceCommand): Promise<InstanceProcess>;
  readFile(path: string): Promise<Uint8Array>;
  writeFile(path: string, content: FileContent, options?: { executable?: boolean }): Promise<void>;
  ensureDir(path: string): Promise<void>;
  /** Writes many files and directories with one request, in order. */
  writeTree(entries: AsyncIterable<TreeEntry>): Promise<void>;
  /** Maps a sandbox path to the path that its processes see; they differ without isolation. */
  realPath(path: string): string;
  /**
   * Reserves a socket that already listens on a port of this machine, for one command of the sandbox. Returns its
   * descriptor, or undefined when none is left. Only for sandboxes whose ports cannot be reached otherwise.
   */
  takeListener?(): Promise<number | undefined>;
  /**
   * The URL under which this machine reaches a port of the sandbox.
   *
   * @param options With `same`, fails unless the port has the same number on this machine.
   * @throws EnvironmentError `environment/port-unavailable`
   */
  urlOf(port: number, options?: { same?: boolean | undefined }): Promise<string>;
  /** Changes the recorded interfaces, also for other processes that attach to the sandbox. */
  updateInterfaces(
    change: (current: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void>;
  /** Number of processes that are attached, including this one. */
  holders(): Promise<number>;
  /** Copies its files as they are now, while its processes continue. */
  snapshot(options: InstanceSnapshotOptions): Promise<SnapshotContent>;
  /** Ends all its processes and removes its files. */
  terminate(): Promise<void>;
  /** The same, synchronously, while this process exits. */
  terminateNow(): void;
  /** Releases the lease of this process; the instance lives on while another process holds one. */
  release(): void;
}

export interface InstanceSnapshotOptions {
  id: string;
  signal?: AbortSignal | undefined;
  /** Whether the snapshot is not listed. It then has to expire, because nobody could find it after its owner ends. */
  isUnlisted?: boolean | undefined;
}

export type EndReason = "terminated" | "timeout" | "budget" | "idle" | "owner-gone" | "lost";

export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

/** A file with its content, or a directory. */
export interface TreeEntry {
  readonly path: string;
  readonly file?: { readonly content: AsyncIterable<Uint8Array>; readonly executable: boolean } | undefined;
}

export interface InstanceCommand {
  /** A program and its arguments, each at most 128 KiB. */
  readonly argv?: readonly string[] | undefined;
  /** A bash script of any length, instead of `argv`. */
  readonly script?: string | undefined;
  /** A sandbox path. @default "/workspace" */
  readonly cwd?: string | undefined;
  /** Added to the sandbox's variables. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | Uint8Array | undefined;
  /** Redirects stderr to stdout. */
  readonly merge?: boolean | undefined;
  readonly onOutput?: ((stream: "stdout" | "stderr", data: Uint8Array) => void) | undefined;
  /**
   * A descriptor from `SandboxInstance.takeListener` that it inherits. The last item of `argv` is then a Python program,
   * which a fork of the first process runs: no process of the sandbox may look into it.
   */
  readonly listener?: number | undefined;
}

export interface InstanceProcess {
  /** Resolves after its last output with the exit code, or the negative number of the signal that ended it. */
  readonly exited: Promise<number>;
  /** Ends it with all its child processes. */
  kill(): void;
  /** Lets it outlive this process; without this, the end of this process ends it. */
  detach(): Promise<void>;
}
