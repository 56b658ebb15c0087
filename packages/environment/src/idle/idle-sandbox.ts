import type { IdleConfig, Progress, SandboxConfig } from "@seer/config";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { SnapshotRecord } from "../runtime/snapshot-record.ts";
import { uploadFile } from "../runtime/upload.ts";
import type { Front, LoadedInterface } from "../serve/serve-interface.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { takeUnlistedSnapshot } from "../snapshots/take-snapshot.ts";
import { isServiceUsed } from "./ask-services.ts";
import { IdleInterface } from "./idle-interface.ts";
import { IdleLife } from "./idle-life.ts";
import { removeIdleRecord, writeIdleRecord } from "./idle-records.ts";
import { discardSnapshot, KeptSnapshots } from "./kept-snapshots.ts";

/** The sandbox that an `IdleSandbox` stops and starts again. */
export interface IdleOwner {
  /** The current instance, or the last one while stopped. */
  readonly instance: SandboxInstance;
  /** The sandbox's ID, which does not change. */
  readonly sandboxId: string;
  readonly secretValues: readonly string[];
  /** Local files that the user has uploaded, by sandbox path. */
  readonly uploads: ReadonlyMap<string, string>;
  readonly report: Progress;
  /** Starts another instance. It becomes the current one by `use`. */
  startAgain(options: { from: SnapshotRecord | undefined; signal: AbortSignal }): Promise<SandboxInstance>;
  use(instance: SandboxInstance): void;
  /** Ends an instance without ending the sandbox. */
  endForNow(instance: SandboxInstance): Promise<void>;
}

export interface IdleSandboxOptions {
  idle: IdleConfig;
  /** The sandbox's configuration, in storable form. */
  config: SandboxConfig;
  owner: IdleOwner;
}

/** The state from which a stopped sandbox starts again. */
interface SavedState {
  /** Contains all files; undefined with the action `stop`, which only saves `files`. */
  readonly snapshot: SnapshotRecord | undefined;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Idle controller of a sandbox. It stays active while the sandbox is stopped. */
export class IdleSandbox {
  readonly life: IdleLife<SavedState>;
  readonly #options: IdleSandboxOptions;
  #interfaces: readonly IdleInterface[] = [];
  readonly #snapshots = new KeptSnapshots();
  #files: SavedState["files"] = new Map();
  #references = 0;
  #forgotten: Promise<void> | undefined;

  constructor(options: IdleSandboxOptions) {
    this.#options = options;
    this.life = new IdleLife<SavedState>(
      options.idle,
      {
        isBusy: () => this.#isBusy(),
        save: (signal) => this.#save(signal),
        discard: async ({ snapshot }) => {
          if (snapshot !== undefined) await discardSnapshot(snapshot);
        },
        stop: (saved) => this.#stop(saved),
        wake: (signal) => this.#wake(signal),
      },
      options.owner.report,
    );
  }

  /** Gives an interface an address that stays valid when its host ends. */
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

  /** Notifies the clients of an interface that it was reloaded. */
  reloaded(name: string, revision: number | undefined): void {
    this.#interfaces.find((one) => one.name === name)?.gateway.noteRevision(revision);
  }

  /** The last lines of the interfaces' logs while the sandbox is stopped; undefined while it runs. */
  get savedLogs(): ReadonlyMap<string, string> | undefined {
    if (this.life.state !== "stopped") return undefined;
    return new Map(this.#interfaces.map(({ name, gateway }) => [name, gateway.log]));
  }

  /** Turns the saved state of a stopped sandbox into a user's snapshot, so that it need not be started for one. */
  async promote(description: string): Promise<Snapshot | undefined> {
    return this.life.state === "stopped" ? await this.#snapshots.promote(description) : undefined;
  }

  /** To be called after the user has taken a snapshot. */
  noteSnapshot(): void {
    this.#snapshots.noteSnapshot();
  }

  /** Closes all interfaces, after stops and restarts in progress. The owner ends the instance. */
  async close(reason: Error): Promise<void> {
    await this.life.close(reason);
    await Promise.all(this.#interfaces.map(({ gateway }) => gateway.close()));
    this.#interfaces = [];
  }

  /** Removes the saved state after the sandbox has ended. Every call waits until it is removed. */
  forget(): Promise<void> {
    this.#forgotten ??= this.#removeSavedState();
    return this.#forgotten;
  }

  async #removeSavedState(): Promise<void> {
    await this.#snapshots.removeAll();
    await removeIdleRecord(this.#options.owner.sandboxId);
  }

  async #isBusy(): Promise<boolean> {
    const { owner, idle } = this.#options;
    const { instance } = owner;
    const businesses = await Promise.all(this.#interfaces.map((one) => one.business()));
    const references = businesses.reduce((sum, one) => sum + (one?.kind === "references" ? one.count : 0), 0);
    if (references > 0 && references !== this.#references) {
      owner.report(
        `The sandbox is idle but not stopped, because clients hold references to ${references} of its objects`,
      );
    }
    this.#references = references;
    if (businesses.some((one) => one !== undefined)) return true;
    // Another process is attached, and its activity is not tracked here.
    if ((await instance.holders().catch(() => 1)) > 1) return true;
    const used = instance.state.services.map((service) => isServiceUsed(service, idle.afterMs));
    return (await Promise.all(used)).includes(true);
  }

  async #save(signal: AbortSignal): Promise<SavedState> {
    const { owner, idle, config } = this.#options;
    const { instance } = owner;
    // Refresh the records, because another process may have reloaded an interface.
    await instance.updateInterfaces((interfaces) => interfaces);
    await Promise.all(this.#interfaces.map((one) => one.saveState(instance)));
    if (idle.action === "snapshot") {
      const { report } = owner;
      const snapshot = await takeUnlistedSnapshot(instance, { description: "", config, report, signal });
      return { snapshot, files: new Map() };
    }
    const files = await Promise.all(this.#interfaces.map((one) => one.readFiles(instance)));
    return { snapshot: undefined, files: new Map(files.flat()) };
  }

  async #stop({ snapshot, files }: SavedState): Promise<void> {
    const { owner } = this.#options;
    // Recorded first, so that the name is reserved at every moment.
    await this.#writeRecord(null);
    for (const { gateway } of this.#interfaces) gateway.detach();
    await this.#snapshots.replace(snapshot);
    this.#files = files;
    await owner.endForNow(owner.instance);
  }

  async #wake(signal: AbortSignal): Promise<void> {
    const { owner } = this.#options;
    const from = this.#snapshots.latest;
    const instance = await owner.startAgain({ from, signal });
    try {
      this.life.beginStep("serving the interfaces");
      if (from === undefined) await this.#repeatUploads(instance, signal);
      const { report: onProgress, secretValues: secrets } = owner;
      const options = { files: this.#files, secrets, onProgress, signal };
      const restarts = this.#interfaces.map((one) => one.restart(instance, options));
      // Wait for all, so that no host is still starting when the instance is ended after a failure.
      const failed = (await Promise.allSettled(restarts)).find(({ status }) => status === "rejected");
      if (failed?.status === "rejected") throw failed.reason;
      signal.throwIfAborted();
    } catch (error) {
      for (const { gateway } of this.#interfaces) gateway.detach();
      await owner.endForNow(instance);
      throw error;
    }
    owner.use(instance);
    await this.#writeRecord(instance.state.id);
  }

  /** Updates the record for other processes. */
  async #writeRecord(instance: string | null): Promise<void> {
    const { sandboxId: id, instance: last } = this.#options.owner;
    const { name, backend, kind, createdAt, isolation, gpu, gpuCount } = last.state;
    const state = { name, backend, kind, createdAt, isolation, gpu, gpuCount };
    const interfaces = this.#interfaces.map(({ address }) => address);
    // Errors are ignored: the sandbox works without the record.
    await writeIdleRecord({ id, instance, state, interfaces }).catch(() => {});
  }

  async #repeatUploads(instance: SandboxInstance, signal: AbortSignal): Promise<void> {
    const { uploads, report } = this.#options.owner;
    for (const [to, from] of uploads) {
      signal.throwIfAborted();
      await uploadFile(instance, from, to).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        report(`${from} no longer exists and is not copied to ${to} again`);
      });
    }
  }
}
