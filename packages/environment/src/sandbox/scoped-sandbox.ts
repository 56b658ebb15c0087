import { resolve } from "node:path";
import type { SandboxConfigInput } from "@seer/config";
import { Mutex } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import type { Workspace } from "@seer/workspace";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import { attachInterfaces } from "../serve/attach-interfaces.ts";
import { interfaceName } from "../serve/check-interface.ts";
import { type ExposeAs, exposeAs, type ServedAs } from "../serve/expose-as.ts";
import type { LogLine } from "../serve/follow-log.ts";
import { InterfaceUploads } from "../serve/interface-uploads.ts";
import { followLogs, readLogs, showLogs } from "../serve/read-logs.ts";
import { reloadInterface } from "../serve/reload-interface.ts";
import { type Front, type LoadedInterface, serveInterface } from "../serve/serve-interface.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { useSnapshot } from "../snapshots/snapshot.ts";
import { configFor } from "../snapshots/snapshot-config.ts";
import type { FromSnapshotOptions, SandboxOptions, StartOptions } from "./options.ts";
import { Sandbox } from "./sandbox.ts";

export interface ScopedStartOptions extends StartOptions {
  /** Libraries, skills and files for the served code. */
  workspace?: Workspace | undefined;
}

export interface ServeOptions<Mode extends ExposeAs> {
  /** The form in which an agent gets the functions. */
  exposeAs: Mode;
  /** Name of the interface. @default the file's name without extension */
  name?: string | undefined;
  /** Port on this machine's loopback address (local sandboxes only). @default any free port */
  port?: number | undefined;
  /** Reload a served file even if it was not edited, for example after `uploadFile`. @default false */
  reload?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface LogOptions {
  /** Number of last lines. @default 100 */
  lines?: number | undefined;
  /** Name of an interface. @default all interfaces */
  name?: string | undefined;
}

export interface FollowLogsOptions extends LogOptions {
  /** Number of existing lines of each log to start with. @default 0 */
  lines?: number | undefined;
  /** Called for each line, with the name of its interface. */
  onLine: (line: LogLine & { name: string }) => void;
  /** Stops following. */
  signal?: AbortSignal | undefined;
}

/**
 * A sandbox in which an agent can only call the functions that are served from it.
 *
 * @example
 * await using scoped = await new ScopedSandbox({ pythonPackages: ["numpy"] }).start();
 * const tools = await scoped.serve("interface.py", { exposeAs: "library", name: "model_tools" });
 */
export class ScopedSandbox extends Sandbox {
  #served: ServedInterface[] = [];
  readonly #uploads = new InterfaceUploads(this.lifecycle.uploaded);
  /** One mutex per interface name. */
  readonly #mutexes = new Map<string, Mutex>();

  /** Attaches to a running sandbox and the interfaces that it serves. */
  static override async fromId(idOrName: string, options: SandboxOptions = {}): Promise<ScopedSandbox> {
    const sandbox = new ScopedSandbox({}, options);
    await sandbox.lifecycle.attach(idOrName);
    sandbox.#served = await attachInterfaces(sandbox.lifecycle.instance);
    return sandbox;
  }

  /** Starts a sandbox with the files of a snapshot. Its interfaces have to be served again. */
  static override async fromSnapshot(
    snapshot: Pick<Snapshot, "id"> | string,
    config?: SandboxConfigInput,
    { name, signal, ...options }: FromSnapshotOptions = {},
  ): Promise<ScopedSandbox> {
    const from = await useSnapshot(snapshot);
    const sandbox = new ScopedSandbox(configFor(from, config), options);
    await sandbox.lifecycle.start({ kind: "scoped", name, signal, from });
    return sandbox;
  }

  /** The served interfaces and how to call them. */
  get served(): readonly ServedInterface[] {
    return this.#served;
  }

  override async start({ workspace, ...options }: ScopedStartOptions = {}): Promise<this> {
    await this.lifecycle.start({ ...options, kind: "scoped", workspace });
    return this;
  }

  /**
   * Serves the functions that a Python file marks with `@expose`, and waits until the file is loaded. Files next to it that
   * it imports are uploaded too.
   *
   * Serving the same file again under the same name reuses the loaded interface, possibly in another form. If one of its
   * files was edited, it is reloaded at the same address and token; running calls finish in the previous version.
   *
   * @throws EnvironmentError `environment/interface-failed`, with Python's traceback, and others. A previous version is
   * then still served.
   */
  async serve<Mode extends ExposeAs>(file: string, options: ServeOptions<Mode>): Promise<ServedAs[Mode]> {
    const name = interfaceName(file, options.name);
    const mutex = this.#mutexes.get(name) ?? new Mutex();
    this.#mutexes.set(name, mutex);
    return await mutex.run(() =>
      this.lifecycle.guard((instance) => this.#serve(instance, file, { ...options, name }), options.signal),
    );
  }

  /** Prints the last lines of the interfaces' logs, and returns them. */
  async showRpcLogs(options: LogOptions = {}): Promise<string> {
    const saved = this.lifecycle.idle?.savedLogs;
    const logs =
      saved === undefined
        ? await this.lifecycle.guard((instance) => readLogs(instance, options))
        : showLogs(saved, options);
    console.log(logs);
    return logs;
  }

  /**
   * Reports new lines of the interfaces' logs until the sandbox has ended.
   *
   * @throws EnvironmentError `environment/not-found` if no interface has that name
   */
  async followRpcLogs({ lines = 0, ...options }: FollowLogsOptions): Promise<void> {
    let earlier = lines;
    for await (const instance of this.lifecycle.instances(options.signal)) {
      await followLogs(instance, { ...options, lines: earlier });
      earlier = 0;
    }
  }

  /** Gives interfaces an address that stays valid when the instance ends, if the sandbox can be stopped while idle. */
  get #front(): ((loaded: LoadedInterface) => Promise<Front>) | undefined {
    const { idle } = this.lifecycle;
    return idle === undefined ? undefined : (loaded) => idle.front(loaded);
  }

  async #serve<Mode extends ExposeAs>(
    instance: SandboxInstance,
    file: string,
    { exposeAs: mode, name, port, reload, signal }: ServeOptions<Mode> & { name: string },
  ): Promise<ServedAs[Mode]> {
    const existing = await this.#findServed(instance, { source: resolve(file), name, reload, signal });
    if (existing !== undefined) return await exposeAs(existing, mode);
    const { served, exposed } = await serveInterface(instance, {
      file,
      mode,
      name,
      port,
      signal,
      uploads: this.#uploads,
      secrets: this.lifecycle.secretValues,
      onProgress: this.lifecycle.report,
      front: this.#front,
    });
    this.#served = [...this.#served, served];
    return exposed;
  }

  /** Returns the served interface with this name and file, after reloading it if it was edited. */
  async #findServed(
    instance: SandboxInstance,
    {
      source,
      name,
      reload = false,
      signal,
    }: Pick<ServeOptions<ExposeAs>, "reload" | "signal"> & {
      source: string;
      name: string;
    },
  ): Promise<ServedInterface | undefined> {
    const record = instance.state.interfaces.find((one) => one.name === name && one.source === source);
    const before = this.#served.find((one) => one.name === name);
    if (record === undefined || before === undefined) return undefined;
    const { report: onProgress, idle } = this.lifecycle;
    const request = { record, uploads: this.#uploads, force: reload, onProgress, signal };
    const description = await reloadInterface(instance, request);
    const now = { ...before, description };
    this.#served = this.#served.map((one) => (one.name === name ? now : one));
    idle?.reloaded(name, description.revision);
    return now;
  }
}
