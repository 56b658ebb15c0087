import { posix } from "node:path";
import { sandboxPaths } from "@seer/config";
import type { Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import { Turns } from "../../turns.ts";
import { within } from "../../within.ts";
import type {
  EndReason,
  FileContent,
  InterfaceRecord,
  Machine,
  MachineCommand,
  MachineProcess,
  MachineSnapshotOptions,
  SandboxState,
  SnapshotContent,
  TreeEntry,
} from "../backend.ts";
import { InitClient } from "../init/init-client.ts";
import { withPaths } from "../init/with-paths.ts";
import { askModal, isModalError, saidBy, status, statusOf } from "./ask-modal.ts";
import { dialInit } from "./dial-init.ts";
import { Hold } from "./hold.ts";
import { stateFile } from "./init-command.ts";
import { ports } from "./ports.ts";
import { packTags, type Tags } from "./tags.ts";
import { terminateNow } from "./terminate-now.ts";

// The first process asks the others to end and kills them a second later; this is for one that does not.
const endMs = 10_000;
const unlistedMs = 30 * 24 * 60 * 60_000;
const snapshotMs = 10 * 60_000;

/** A sandbox on Modal, held by this process. */
export class ModalMachine implements Machine {
  readonly ended: Promise<EndReason>;
  readonly native: Sandbox;
  readonly ports = ports;
  readonly #client: InitClient;
  readonly #hold: Hold;
  readonly #updates = new Turns();
  #state: SandboxState;
  #tags: Tags;
  #termination: Promise<void> | undefined;

  private constructor(native: Sandbox, client: InitClient, hold: Hold, state: SandboxState, tags: Tags) {
    this.native = native;
    this.#client = client;
    this.#hold = hold;
    this.#state = state;
    this.#tags = tags;
    this.ended = hold.ended;
  }

  /** Takes hold of a sandbox that has just been created. */
  static async begin(native: Sandbox, state: SandboxState, tags: Tags): Promise<ModalMachine> {
    const client = new InitClient(() => dialInit(native));
    return new ModalMachine(native, client, await Hold.take(client, native), state, tags);
  }

  /** Takes hold of a sandbox, with what is kept in it. @throws EnvironmentError `environment/ended` */
  static async takeUp(native: Sandbox, tags: Tags): Promise<ModalMachine> {
    const client = new InitClient(() => dialInit(native));
    const hold = await Hold.take(client, native);
    try {
      return new ModalMachine(native, client, hold, await readState(client), tags);
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  get state(): SandboxState {
    return this.#state;
  }

  async start(command: MachineCommand): Promise<MachineProcess> {
    const cwd = this.realPath(command.cwd ?? sandboxPaths.workspace);
    const process = await this.#ask(() => this.#client.exec({ ...command, cwd }));
    let isDetached = false;
    const exited = process.exited.catch(async (error) => {
      throw isDetached ? error : await this.#explained(error);
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
    return await this.#ask(() => this.#client.readFile(this.realPath(path)));
  }

  async writeFile(path: string, content: FileContent, options: { executable?: boolean } = {}): Promise<void> {
    const { executable = false } = options;
    await this.#ask(() => this.#client.writeFile(this.realPath(path), content, executable));
  }

  async ensureDir(path: string): Promise<void> {
    await this.#ask(() => this.#client.ensureDir(this.realPath(path)));
  }

  async writeTree(entries: AsyncIterable<TreeEntry>): Promise<void> {
    await this.#ask(() => this.#client.writeTree(withPaths(entries, (path) => this.realPath(path))));
  }

  realPath(path: string): string {
    return posix.resolve(sandboxPaths.workspace, path);
  }

  async urlOf(port: number): Promise<string> {
    const tunnels = await askModal("open the sandbox's ports", () => this.native.tunnels());
    const url = tunnels[port]?.url;
    if (url !== undefined) return url;
    throw new EnvironmentError(
      "environment/port-unavailable",
      `Port ${port} cannot be reached from outside`,
      {
        hint: `The ports of a sandbox on Modal are chosen when it starts: ${ports.join(", ")}.`,
      },
    );
  }

  async updateInterfaces(
    change: (interfaces: readonly InterfaceRecord[]) => readonly InterfaceRecord[],
  ): Promise<void> {
    await this.#updates.take(async () => {
      // Another process may serve from the same sandbox.
      const state = await this.#ask(() => readState(this.#client));
      await this.#keep({ ...state, interfaces: change(state.interfaces) });
      // They are for lists; what is served is known without them.
      await this.#setTags().catch(() => {});
    });
  }

  /** Makes known that it has started, and what it has become. */
  async update(state: SandboxState): Promise<void> {
    await this.#updates.take(async () => {
      this.#tags = { ...this.#tags, state: "running" };
      await this.#keep(state);
      await this.#setTags();
    });
  }

  async #keep(state: SandboxState): Promise<void> {
    await this.#ask(() => this.#client.writeFile(stateFile, JSON.stringify(state), false));
    this.#state = state;
    this.#tags = { ...this.#tags, interfaces: state.interfaces.map(({ name }) => name) };
  }

  async #setTags(): Promise<void> {
    await askModal("tag a sandbox", () => this.native.setTags(packTags(this.#tags)));
  }

  async holders(): Promise<number> {
    return await this.#ask(() => this.#client.holders());
  }

  async snapshot({ signal, isUnlisted }: MachineSnapshotOptions): Promise<SnapshotContent> {
    const ttlMs = isUnlisted ? unlistedMs : null;
    try {
      const image = await askModal(
        "take a snapshot",
        () => this.native.snapshotFilesystem({ ttlMs, timeoutMs: snapshotMs }),
        { signal, deadlineMs: snapshotMs },
      );
      return { kind: "image", imageId: image.imageId };
    } catch (error) {
      signal?.throwIfAborted();
      if (EnvironmentError.isInstance(error)) throw error;
      throw new EnvironmentError(
        "environment/snapshot-failed",
        `Modal took no snapshot of ${this.state.name}: ${saidBy(error)}`,
        { cause: error },
      );
    }
  }

  terminate(): Promise<void> {
    this.#termination ??= this.#terminate();
    return this.#termination;
  }

  async #terminate(): Promise<void> {
    if (!this.#hold.hasEnded) {
      // By its own first process if that goes, which lets others end their work and tells other holders why.
      await within(
        this.#client.terminate().catch(() => {}),
        endMs,
        undefined,
      );
    }
    await endSandbox(this.native);
    this.#hold.settle("terminated");
  }

  terminateNow(): void {
    terminateNow({ id: this.native.sandboxId });
    this.#hold.settle("terminated");
  }

  release(): void {
    this.#hold.release();
  }

  /** Does something in the sandbox. */
  async #ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  /** A connection that breaks need not mean that the sandbox has ended. */
  async #explained(error: unknown): Promise<unknown> {
    if (!(EnvironmentError.isInstance(error) && error.code === "environment/ended")) return error;
    await this.#hold.check();
    if (this.#hold.hasEnded) return error;
    return new EnvironmentError(
      "environment/backend-unreachable",
      "The connection to the sandbox on Modal broke",
      { hint: "The sandbox runs on; try again.", cause: error },
    );
  }
}

/** Ends a sandbox whatever goes on in it; one that has ended already, or never was, is no error. */
export async function endSandbox(native: Sandbox): Promise<void> {
  try {
    await askModal("end a sandbox", () => native.terminate({ wait: true }));
  } catch (error) {
    if (statusOf(error) !== status.notFound && !isModalError(error, "NotFoundError")) throw error;
  }
}

async function readState(client: InitClient): Promise<SandboxState> {
  return JSON.parse(new TextDecoder().decode(await client.readFile(stateFile))) as SandboxState;
}
