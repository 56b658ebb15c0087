import { posix } from "node:path";
import { Mutex, sandboxPaths, withTimeout } from "@seer/config";
import type { Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { InitClient } from "../../runtime/init-client.ts";
import type {
  EndReason,
  FileContent,
  InstanceCommand,
  InstanceProcess,
  InstanceSnapshotOptions,
  SandboxInstance,
  TreeEntry,
} from "../../runtime/sandbox-instance.ts";
import type { InterfaceRecord, SandboxState } from "../../runtime/sandbox-state.ts";
import type { SnapshotContent } from "../../runtime/snapshot-record.ts";
import { callModal, errorText, isModalError, status, statusOf } from "./call-modal.ts";
import { dialInit } from "./dial-init.ts";
import { stateFile } from "./init-command.ts";
import { LeaseRenewer } from "./lease-renewer.ts";
import { ports } from "./limits.ts";
import { packTags, type Tags } from "./tags.ts";
import { terminateNow } from "./terminate-now.ts";

// Init kills the other processes after one second. This limit is for an init that does not answer.
const terminateTimeoutMs = 10_000;
const unlistedTtlMs = 30 * 24 * 60 * 60_000;
const snapshotTimeoutMs = 10 * 60_000;

/** A sandbox on Modal, with a lease held by this process. */
export class ModalInstance implements SandboxInstance {
  readonly ended: Promise<EndReason>;
  readonly native: Sandbox;
  readonly ports = ports;
  readonly #client: InitClient;
  readonly #lease: LeaseRenewer;
  readonly #updates = new Mutex();
  #state: SandboxState;
  #tags: Tags;
  #termination: Promise<void> | undefined;

  private constructor(
    native: Sandbox,
    client: InitClient,
    lease: LeaseRenewer,
    state: SandboxState,
    tags: Tags,
  ) {
    this.native = native;
    this.#client = client;
    this.#lease = lease;
    this.#state = state;
    this.#tags = tags;
    this.ended = lease.ended;
  }

  /** Takes a lease on a sandbox that has just been created. */
  static async create(native: Sandbox, state: SandboxState, tags: Tags): Promise<ModalInstance> {
    const client = new InitClient(() => dialInit(native));
    return new ModalInstance(native, client, await LeaseRenewer.start(client, native), state, tags);
  }

  /** Takes a lease on a running sandbox and reads its state. @throws EnvironmentError `environment/ended` */
  static async attach(native: Sandbox, tags: Tags): Promise<ModalInstance> {
    const client = new InitClient(() => dialInit(native));
    const lease = await LeaseRenewer.start(client, native);
    try {
      return new ModalInstance(native, client, lease, await readState(client), tags);
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  get state(): SandboxState {
    return this.#state;
  }

  async start(command: InstanceCommand): Promise<InstanceProcess> {
    const cwd = this.realPath(command.cwd ?? sandboxPaths.workspace);
    const process = await this.#request(() => this.#client.exec({ ...command, cwd }));
    let isDetached = false;
    const exited = process.exited.catch(async (error) => {
      throw isDetached ? error : await this.#translateError(error);
    });
    exited.catch(() => {});
    return {
      exited,
      kill: process.kill,
      detach: async () => {
        isDetached = true;
        await process.detach();
      },
    };
  }

  async readFile(path: string): Promise<Uint8Array> {
    return await this.#request(() => this.#client.readFile(this.realPath(path)));
  }

  async writeFile(path: string, content: FileContent, options: { executable?: boolean } = {}): Promise<void> {
    const { executable = false } = options;
    await this.#request(() => this.#client.writeFile(this.realPath(path), content, executable));
  }

  async ensureDir(path: string): Promise<void> {
    await this.#request(() => this.#client.ensureDir(this.realPath(path)));
  }

  async writeTree(entries: AsyncIterable<TreeEntry>): Promise<void> {
    await this.#request(() => this.#client.writeTree(entries, (path) => this.realPath(path)));
  }

  realPath(path: string): string {
    return posix.resolve(sandboxPaths.workspace, path);
  }

  async urlOf(port: number): Promise<string> {
    const tunnels = await callModal("open the sandbox's ports", () => this.native.tunnels());
    const url = tunnels[port]?.url;
    if (url !== undefined) return url;
    throw new EnvironmentError("environment/port-unavailable", `Port ${port} is not exposed`, {
      hint: `A sandbox on Modal exposes only the ports ${ports.join(", ")}.`,
    });
  }

  async updateInterfaces(
    change: (interfaces: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void> {
    await this.#updates.run(async () => {
      // Another process may have served an interface from the same sandbox.
      const state = await this.#request(() => readState(this.#client));
      await this.#saveState({ ...state, interfaces: change(state.interfaces) });
      // Tags only serve for listing, so a failure is ignored.
      await this.#setTags().catch(() => {});
    });
  }

  /** Saves the state after the start is complete, and marks the sandbox as running. */
  async update(state: SandboxState): Promise<void> {
    await this.#updates.run(async () => {
      this.#tags = { ...this.#tags, state: "running" };
      await this.#saveState(state);
      await this.#setTags();
    });
  }

  async #saveState(state: SandboxState): Promise<void> {
    await this.#request(() => this.#client.writeFile(stateFile, JSON.stringify(state), false));
    this.#state = state;
    const namesWhere = (isLoading: boolean) =>
      state.interfaces.filter(({ loading = false }) => loading === isLoading).map(({ name }) => name);
    this.#tags = { ...this.#tags, interfaces: namesWhere(false), loading: namesWhere(true) };
  }

  async #setTags(): Promise<void> {
    await callModal("tag a sandbox", () => this.native.setTags(packTags(this.#tags)));
  }

  async holders(): Promise<number> {
    return await this.#request(() => this.#client.holders());
  }

  async snapshot({ signal, isUnlisted }: InstanceSnapshotOptions): Promise<SnapshotContent> {
    const ttlMs = isUnlisted ? unlistedTtlMs : null;
    try {
      const image = await callModal(
        "take a snapshot",
        () => this.native.snapshotFilesystem({ ttlMs, timeoutMs: snapshotTimeoutMs }),
        { signal, deadlineMs: snapshotTimeoutMs },
      );
      return { kind: "image", imageId: image.imageId };
    } catch (error) {
      signal?.throwIfAborted();
      if (EnvironmentError.isInstance(error)) throw error;
      throw new EnvironmentError(
        "environment/snapshot-failed",
        `Modal failed to take a snapshot of ${this.state.name}: ${errorText(error)}`,
        { cause: error },
      );
    }
  }

  terminate(): Promise<void> {
    this.#termination ??= this.#terminate();
    return this.#termination;
  }

  async #terminate(): Promise<void> {
    if (!this.#lease.hasEnded) {
      // Through init if possible, so that processes can shut down and other lease holders learn the reason.
      await withTimeout(
        this.#client.terminate().catch(() => {}),
        terminateTimeoutMs,
        undefined,
      );
    }
    await endSandbox(this.native);
    this.#lease.settle("terminated");
  }

  terminateNow(): void {
    terminateNow({ id: this.native.sandboxId });
    this.#lease.settle("terminated");
  }

  release(): void {
    this.#lease.release();
  }

  /** Runs an operation in the sandbox, and translates its errors. */
  async #request<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#translateError(error);
    }
  }

  /** A broken connection does not always mean that the sandbox has ended. */
  async #translateError(error: unknown): Promise<unknown> {
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) return error;
    await this.#lease.check();
    if (this.#lease.hasEnded) return error;
    return new EnvironmentError(
      "environment/backend-unreachable",
      "The connection to the sandbox on Modal was lost",
      { hint: "The sandbox is still running; try again.", cause: error },
    );
  }
}

/** Ends a sandbox in any state. Does nothing if it has already ended or does not exist. */
export async function endSandbox(native: Sandbox): Promise<void> {
  try {
    await callModal("end a sandbox", () => native.terminate({ wait: true }));
  } catch (error) {
    if (statusOf(error) !== status.notFound && !isModalError(error, "NotFoundError")) throw error;
  }
}

async function readState(client: InitClient): Promise<SandboxState> {
  return JSON.parse(new TextDecoder().decode(await client.readFile(stateFile))) as SandboxState;
}
