import { posix } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Mutex, sandboxPaths, withTimeout } from "@seer/config";
import { isAlive, signalProcess } from "@seer/system";
import { EnvironmentError } from "../../errors.ts";
import { InitClient } from "../../runtime/init-client.ts";
import type {
  EndReason,
  FileContent,
  InstanceCommand,
  InstanceProcess,
  SandboxInstance,
  TreeEntry,
} from "../../runtime/sandbox-instance.ts";
import type { InterfaceRecord, SandboxState } from "../../runtime/sandbox-state.ts";
import type { SnapshotContent } from "../../runtime/snapshot-record.ts";
import type { BootedSandbox, SandboxProcesses } from "./boot.ts";
import { releaseName } from "./claim-name.ts";
import { copySandboxFiles } from "./copy-files.ts";
import { dialSocket } from "./dial-socket.ts";
import { sandboxDirectories } from "./home.ts";
import { insidePaths, realPath } from "./layout.ts";
import { relayPort } from "./relay-port.ts";
import {
  readRecord,
  removeSandboxDirectory,
  removeSandboxDirectoryNow,
  type SandboxRecord,
  writeRecord,
} from "./sandbox-directory.ts";

// Init kills the other processes after one second. This limit is for an init that does not answer.
const terminateTimeoutMs = 10_000;

/** A sandbox on this machine, with a lease held by this process. */
export class LocalInstance implements SandboxInstance {
  readonly ended: Promise<EndReason>;
  readonly fixedPython = `${insidePaths.environment}/bin/python`;
  readonly processes: SandboxProcesses;
  readonly #client: InitClient;
  readonly #release: () => void;
  readonly #updates = new Mutex();
  #record: SandboxRecord;
  #termination: Promise<void> | undefined;

  constructor(record: SandboxRecord, { processes, client, lease }: BootedSandbox) {
    this.#record = record;
    this.processes = processes;
    this.#client = client;
    this.#release = lease.release;
    this.ended = lease.ended;
  }

  /** @throws EnvironmentError `environment/ended` */
  static async attach(record: SandboxRecord, processes: SandboxProcesses): Promise<LocalInstance> {
    const { socket } = sandboxDirectories(record.state.id);
    const client = new InitClient(() => dialSocket(socket));
    return new LocalInstance(record, { processes, client, lease: await client.acquireLease() });
  }

  get state(): SandboxState {
    return this.#record.state;
  }

  async start(command: InstanceCommand): Promise<InstanceProcess> {
    return await this.#client.exec({ ...command, cwd: this.realPath(command.cwd ?? sandboxPaths.workspace) });
  }

  async readFile(path: string): Promise<Uint8Array> {
    return await this.#client.readFile(this.realPath(path));
  }

  async writeFile(path: string, content: FileContent, options: { executable?: boolean } = {}): Promise<void> {
    await this.#client.writeFile(this.realPath(path), content, options.executable ?? false);
  }

  async ensureDir(path: string): Promise<void> {
    await this.#client.ensureDir(this.realPath(path));
  }

  async writeTree(entries: AsyncIterable<TreeEntry>): Promise<void> {
    await this.#client.writeTree(entries, (path) => this.realPath(path));
  }

  realPath(path: string): string {
    return realPath(posix.resolve(sandboxPaths.workspace, path), this.#record.paths);
  }

  async urlOf(port: number, options: { same?: boolean | undefined } = {}): Promise<string> {
    const { hasOwnNetwork = false, state } = this.#record;
    const here = hasOwnNetwork ? await relayPort(sandboxDirectories(state.id).socket, port, options) : port;
    return `http://127.0.0.1:${here}`;
  }

  async takeListener(): Promise<number | undefined> {
    return this.#record.hasOwnNetwork ? await this.#client.takeListener() : undefined;
  }

  async updateInterfaces(
    change: (interfaces: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void> {
    await this.#updates.run(async () => {
      // Another process may have served an interface from the same sandbox.
      const record = (await readRecord(this.state.id)) ?? this.#record;
      const interfaces = change(record.state.interfaces);
      await this.update({ ...record, state: { ...record.state, interfaces } });
    });
  }

  async update(record: SandboxRecord): Promise<void> {
    await writeRecord(record);
    this.#record = record;
  }

  async holders(): Promise<number> {
    return await this.#client.holders();
  }

  async snapshot(options: { id: string; signal?: AbortSignal | undefined }): Promise<SnapshotContent> {
    return await copySandboxFiles(this.#record, options);
  }

  terminate(): Promise<void> {
    this.#termination ??= this.#terminate();
    return this.#termination;
  }

  async #terminate(): Promise<void> {
    const deadline = performance.now() + terminateTimeoutMs;
    const asked = this.#client.terminate().catch(ignoreEnded);
    await withTimeout(asked, terminateTimeoutMs, undefined);
    while (this.#isRunning()) {
      if (performance.now() > deadline) signalProcess(this.processes.init, "SIGKILL");
      await delay(2);
    }
    // The end reason arrives shortly after the end.
    await withTimeout(this.ended, terminateTimeoutMs, undefined);
    this.#release();
    await releaseName(this.state);
    await removeSandboxDirectory(sandboxDirectories(this.state.id), this.state.id);
  }

  terminateNow(): void {
    const deadline = performance.now() + terminateTimeoutMs;
    // The end of init ends a PID namespace at once; without one, init has to kill the other processes.
    signalProcess(this.processes.init, this.state.isolation.kind === "bubblewrap" ? "SIGKILL" : "SIGTERM");
    while (this.#isRunning()) {
      if (performance.now() > deadline) signalProcess(this.processes.init, "SIGKILL");
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    removeSandboxDirectoryNow(sandboxDirectories(this.state.id), this.state.id);
  }

  #isRunning(): boolean {
    return isAlive(this.processes.init) || isAlive(this.processes.outer);
  }

  release(): void {
    this.#release();
  }
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof EnvironmentError && error.code === "environment/ended")) throw error;
}
