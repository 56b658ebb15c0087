import type { IdleConfig, Progress, SandboxConfig } from "@seer/config";
import type { Machine, SnapshotRecord } from "../backends/backend.ts";
import { uploadFile } from "../backends/upload.ts";
import type { Front, LoadedInterface } from "../serve/serve-interface.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { takeUnlistedSnapshot } from "../snapshots/take-snapshot.ts";
import { isServiceUsed } from "./ask-services.ts";
import { IdleInterface } from "./idle-interface.ts";
import { IdleLife } from "./idle-life.ts";
import { removeIdleRecord, writeIdleRecord } from "./idle-records.ts";
import { discardSnapshot, KeptSnapshots } from "./kept-snapshots.ts";

/** The life of which the idle times are a part. */
export interface IdleOwner {
  /** The machine that there is, or that there was last. */
  readonly machine: Machine;
  /** What it is called from its start on. */
  readonly sandboxId: string;
  readonly secretValues: readonly string[];
  /** The local files that the user has copied to paths in the sandbox. */
  readonly uploads: ReadonlyMap<string, string>;
  readonly report: Progress;
  /** Starts another machine, which becomes the one that there is when it is used. */
  startAgain(options: { from: SnapshotRecord | undefined; signal: AbortSignal }): Promise<Machine>;
  use(machine: Machine): void;
  /** Ends a machine of which the sandbox goes on without one. */
  endForNow(machine: Machine): Promise<void>;
}

export interface IdleSandboxOptions {
  idle: IdleConfig;
  /** The sandbox's, as it can be kept. */
  config: SandboxConfig;
  owner: IdleOwner;
}

/** What a stopped sandbox begins with when it is started again. */
interface Kept {
  /** With all files; without one, those of the interfaces. */
  readonly snapshot: SnapshotRecord | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The part of a sandbox that goes on while it is stopped because nobody uses it. */
export class IdleSandbox {
  readonly life: IdleLife<Kept>;
  readonly #options: IdleSandboxOptions;
  #interfaces: readonly IdleInterface[] = [];
  readonly #snapshots = new KeptSnapshots();
  #files: Kept["files"] = new Map();
  #references = 0;

  constructor(options: IdleSandboxOptions) {
    this.#options = options;
    this.life = new IdleLife<Kept>(
      options.idle,
      {
        isBusy: () => this.#isBusy(),
        keep: (signal) => this.#keep(signal),
        discard: async ({ snapshot }) => {
          if (snapshot !== undefined) await discardSnapshot(snapshot);
        },
        stop: (kept) => this.#stop(kept),
        wake: (signal) => this.#wake(signal),
      },
      options.owner.report,
    );
  }

  /** Gives an interface an address that outlives its host. */
  async front(loaded: LoadedInterface): Promise<Front> {
    const added = await IdleInterface.open(loaded, this.life);
    this.#interfaces = [...this.#interfaces, added];
    const { gateway } = added;
    return {
      url: gateway.url,
      token: gateway.token,
      close: async () => {
        this.#interfaces = this.#interfaces.filter((other) => other !== added);
        await gateway.close();
      },
    };
  }

  /** The ends of the logs of interfaces while there is nobody to ask for them. */
  get keptLogs(): ReadonlyMap<string, string> | undefined {
    if (this.life.state !== "stopped") return undefined;
    return new Map(this.#interfaces.map(({ name, gateway }) => [name, gateway.log]));
  }

  /** Makes what was kept of a stopped sandbox a snapshot of the user's, so that it need not be started for one. */
  async promote(description: string): Promise<Snapshot | undefined> {
    return this.life.state === "stopped" ? await this.#snapshots.promote(description) : undefined;
  }

  /** The user has taken a snapshot. */
  noteSnapshot(): void {
    this.#snapshots.noteSnapshot();
  }

  /** Ends all of it, whatever is being stopped or started; the machine is its owner's to end. */
  async close(reason: Error): Promise<void> {
    await this.life.close(reason);
    await Promise.all(this.#interfaces.map(({ gateway }) => gateway.close()));
    this.#interfaces = [];
  }

  /** Removes what was kept for another start, when there is no machine any more. */
  async forget(): Promise<void> {
    await this.#snapshots.removeAll();
    await removeIdleRecord(this.#options.owner.sandboxId);
  }

  async #isBusy(): Promise<boolean> {
    const { owner, idle } = this.#options;
    const { machine } = owner;
    const businesses = await Promise.all(this.#interfaces.map((one) => one.business()));
    const references = businesses.reduce((sum, one) => sum + (one?.kind === "references" ? one.count : 0), 0);
    if (references > 0 && references !== this.#references) {
      owner.report(`It is idle, but not stopped: ${references} objects are kept in it by reference`);
    }
    this.#references = references;
    if (businesses.some((one) => one !== undefined)) return true;
    // Another process has taken it up, and may do what it likes with it.
    if ((await machine.holders().catch(() => 1)) > 1) return true;
    const used = machine.state.services.map((service) => isServiceUsed(service, idle.afterMs));
    return (await Promise.all(used)).includes(true);
  }

  async #keep(signal: AbortSignal): Promise<Kept> {
    const { owner, idle, config } = this.#options;
    const { machine } = owner;
    await Promise.all(this.#interfaces.map((one) => one.keepLog(machine)));
    if (idle.action === "snapshot") {
      const snapshot = await takeUnlistedSnapshot(machine, { description: "", config, signal });
      return { snapshot, files: new Map() };
    }
    const files = await Promise.all(this.#interfaces.map((one) => one.readFiles(machine)));
    return { snapshot: undefined, files: new Map(files.flat()) };
  }

  async #stop({ snapshot, files }: Kept): Promise<void> {
    const { owner } = this.#options;
    // First, so that there is no moment at which others take its name.
    await this.#tell(null);
    for (const { gateway } of this.#interfaces) gateway.detach();
    await this.#snapshots.replace(snapshot);
    this.#files = files;
    await owner.endForNow(owner.machine);
  }

  async #wake(signal: AbortSignal): Promise<void> {
    const { owner } = this.#options;
    const from = this.#snapshots.latest;
    const machine = await owner.startAgain({ from, signal });
    try {
      if (from === undefined) await this.#uploadAgain(machine, signal);
      const { report: onProgress, secretValues: secrets } = owner;
      const options = { files: this.#files, secrets, onProgress, signal };
      const again = this.#interfaces.map((one) => one.serveAgain(machine, options));
      // All of them, so that none is still being started when the machine is ended for one that cannot be.
      const failed = (await Promise.allSettled(again)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      signal.throwIfAborted();
    } catch (error) {
      for (const { gateway } of this.#interfaces) gateway.detach();
      await owner.endForNow(machine);
      throw error;
    }
    owner.use(machine);
    await this.#tell(machine.state.id);
  }

  /** Lets other processes know where it is now. */
  async #tell(machine: string | null): Promise<void> {
    const { sandboxId: id, machine: last } = this.#options.owner;
    const { name, backend, kind, createdAt, isolation, gpu, gpuCount } = last.state;
    const state = { name, backend, kind, createdAt, isolation, gpu, gpuCount };
    const interfaces = this.#interfaces.map(({ address }) => address);
    // It can be done without.
    await writeIdleRecord({ id, machine, state, interfaces }).catch(() => {});
  }

  async #uploadAgain(machine: Machine, signal: AbortSignal): Promise<void> {
    const { uploads, report } = this.#options.owner;
    for (const [to, from] of uploads) {
      signal.throwIfAborted();
      await uploadFile(machine, from, to).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        report(`${from} is not there any more, and is not copied to ${to} again`);
      });
    }
  }
}
