import { posix } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sandboxPaths } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import { isAlive, signalProcess } from "../../this-machine/process-identity.ts";
import { Turns } from "../../turns.ts";
import { within } from "../../within.ts";
import type {
  EndReason,
  FileContent,
  InterfaceRecord,
  Machine,
  MachineCommand,
  MachineProcess,
  SandboxState,
  SnapshotContent,
  TreeEntry,
} from "../backend.ts";
import { InitClient } from "../init/init-client.ts";
import { withPaths } from "../init/with-paths.ts";
import type { Booted, SandboxProcesses } from "./boot.ts";
import { releaseName } from "./claim-name.ts";
import { dialSocket } from "./dial-socket.ts";
import { relayPort } from "./egress/relay-port.ts";
import { sandboxDirectories } from "./home.ts";
import { realPath } from "./layout.ts";
import { readRecord, type SandboxRecord, writeRecord } from "./record.ts";
import { removeSandboxDirectory, removeSandboxDirectoryNow } from "./sandbox-directory.ts";
import { takeFiles } from "./snapshot/take.ts";

// The first process asks the others to end and kills them a second later; this is for one that does not.
const endMs = 10_000;

/** A sandbox on this machine, held by this process. */
export class LocalMachine implements Machine {
  readonly ended: Promise<EndReason>;
  readonly processes: SandboxProcesses;
  readonly #client: InitClient;
  readonly #release: () => void;
  readonly #updates = new Turns();
  #record: SandboxRecord;
  #termination: Promise<void> | undefined;

  constructor(record: SandboxRecord, { processes, client, hold }: Booted) {
    this.#record = record;
    this.processes = processes;
    this.#client = client;
    this.#release = hold.release;
    this.ended = hold.ended;
  }

  /** @throws EnvironmentError `environment/ended` */
  static async takeUp(record: SandboxRecord, processes: SandboxProcesses): Promise<LocalMachine> {
    const { socket } = sandboxDirectories(record.state.id);
    const client = new InitClient(() => dialSocket(socket));
    return new LocalMachine(record, { processes, client, hold: await client.hold() });
  }

  get state(): SandboxState {
    return this.#record.state;
  }

  async start(command: MachineCommand): Promise<MachineProcess> {
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
    await this.#client.writeTree(withPaths(entries, (path) => this.realPath(path)));
  }

  realPath(path: string): string {
    return realPath(posix.resolve(sandboxPaths.workspace, path), this.#record.paths);
  }

  async urlOf(port: number, options: { same?: boolean | undefined } = {}): Promise<string> {
    const { egress = true, state } = this.#record;
    const here = egress ? port : await relayPort(sandboxDirectories(state.id).socket, port, options);
    return `http://127.0.0.1:${here}`;
  }

  async updateInterfaces(
    change: (interfaces: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void> {
    await this.#updates.take(async () => {
      // Another process may serve from the same sandbox.
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
    return await takeFiles(this.#record, options);
  }

  terminate(): Promise<void> {
    this.#termination ??= this.#terminate();
    return this.#termination;
  }

  async #terminate(): Promise<void> {
    const deadline = performance.now() + endMs;
    const asked = this.#client.terminate().catch(ignoreEnded);
    await within(asked, endMs, undefined);
    while (this.#isRunning()) {
      if (performance.now() > deadline) signalProcess(this.processes.init, "SIGKILL");
      await delay(2);
    }
    // The reason is on its way.
    await within(this.ended, endMs, undefined);
    this.#release();
    await releaseName(this.state);
    await removeSandboxDirectory(sandboxDirectories(this.state.id), this.state.id);
  }

  terminateNow(): void {
    const deadline = performance.now() + endMs;
    // With its PID namespace everything in it ends at once; without, it has to end the others itself.
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
