import type { SandboxConfigInput } from "@seer/config";
import type { ServedInterface } from "@seer/rpc";
import type { Workspace } from "@seer/workspace";
import type { Machine } from "../backends/backend.ts";
import { interfaceName } from "../serve/check-interface.ts";
import { type ExposeAs, exposeAs, type ServedAs } from "../serve/expose-as.ts";
import { findServed } from "../serve/find-served.ts";
import { InterfacePlaces } from "../serve/interface-places.ts";
import { readLogs, showLogs } from "../serve/read-logs.ts";
import { type Front, type LoadedInterface, serveInterface } from "../serve/serve-interface.ts";
import { takeUpInterfaces } from "../serve/take-up-interfaces.ts";
import { findSnapshot } from "../snapshots/find-snapshot.ts";
import type { Snapshot } from "../snapshots/snapshot.ts";
import { configFor } from "../snapshots/snapshot-config.ts";
import { Turns } from "../turns.ts";
import type { FromSnapshotOptions, SandboxOptions, StartOptions } from "./options.ts";
import { Sandbox } from "./sandbox.ts";

export interface ScopedStartOptions extends StartOptions {
  /** Libraries, skills and files for the code that is served. */
  workspace?: Workspace | undefined;
}

export interface ServeOptions<Mode extends ExposeAs> {
  /** How an agent gets the functions. */
  exposeAs: Mode;
  /** What to call the interface; the file's stem when absent. */
  name?: string | undefined;
  /** Where to listen, on this machine's loopback address for a local sandbox; any free port when absent. */
  port?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface LogOptions {
  /** How many of the last lines. @default 100 */
  lines?: number | undefined;
  /** Of which interface; of all when absent. */
  name?: string | undefined;
}

/**
 * A sandbox in which an agent can do nothing but call the functions that are served from it.
 *
 * @example
 * await using scoped = await new ScopedSandbox({ pythonPackages: ["numpy"] }).start();
 * const tools = await scoped.serve("interface.py", { exposeAs: "library", name: "model_tools" });
 */
export class ScopedSandbox extends Sandbox {
  #served: ServedInterface[] = [];
  readonly #places = new InterfacePlaces(this.life.uploaded);
  /** Of one name, one after the other, so that the second can share what the first has loaded. */
  readonly #turns = new Map<string, Turns>();

  /** Takes up a running sandbox with the interfaces that it serves. */
  static override async fromId(idOrName: string, options: SandboxOptions = {}): Promise<ScopedSandbox> {
    const sandbox = new ScopedSandbox({}, options);
    await sandbox.life.takeUp(idOrName);
    sandbox.#served = await takeUpInterfaces(sandbox.life.machine);
    return sandbox;
  }

  /** Starts a sandbox with the files of a snapshot; interfaces are to be served again. */
  static override async fromSnapshot(
    snapshot: Pick<Snapshot, "id"> | string,
    config?: SandboxConfigInput,
    { name, signal, ...options }: FromSnapshotOptions = {},
  ): Promise<ScopedSandbox> {
    const from = await findSnapshot(snapshot);
    const sandbox = new ScopedSandbox(configFor(from, config), options);
    await sandbox.life.start({ kind: "scoped", name, signal, from });
    return sandbox;
  }

  /** The interfaces that are served, and how to call them. */
  get served(): readonly ServedInterface[] {
    return this.#served;
  }

  override async start({ workspace, ...options }: ScopedStartOptions = {}): Promise<this> {
    await this.life.start({ ...options, kind: "scoped", workspace });
    return this;
  }

  /**
   * Serves the functions that a Python file marks with `@expose`, and waits until the file is loaded. The files beside
   * it that it imports come with it. Serving a file again under its name, in another form, shares what is loaded.
   *
   * @throws EnvironmentError `environment/interface-failed`, with Python's traceback, and others
   */
  async serve<Mode extends ExposeAs>(file: string, options: ServeOptions<Mode>): Promise<ServedAs[Mode]> {
    const name = interfaceName(file, options.name);
    const turns = this.#turns.get(name) ?? new Turns();
    this.#turns.set(name, turns);
    return await turns.take(() =>
      this.life.guard((machine) => this.#serve(machine, file, { ...options, name }), options.signal),
    );
  }

  /** Prints the last lines of the interfaces' logs, and returns them. */
  async showRpcLogs(options: LogOptions = {}): Promise<string> {
    const kept = this.life.idle?.keptLogs;
    const logs =
      kept === undefined
        ? await this.life.guard((machine) => readLogs(machine, options))
        : showLogs(kept, options);
    console.log(logs);
    return logs;
  }

  /** Gives what is served an address that outlives its machine, when the sandbox does. */
  get #front(): ((loaded: LoadedInterface) => Promise<Front>) | undefined {
    const { idle } = this.life;
    return idle === undefined ? undefined : (loaded) => idle.front(loaded);
  }

  async #serve<Mode extends ExposeAs>(
    machine: Machine,
    file: string,
    { exposeAs: mode, name, port, signal }: ServeOptions<Mode> & { name: string },
  ): Promise<ServedAs[Mode]> {
    const already = await findServed(machine, this.#served, { file, name });
    if (already !== undefined) return await exposeAs(already, mode);
    const { served, exposed } = await serveInterface(machine, {
      file,
      mode,
      name,
      port,
      signal,
      places: this.#places,
      secrets: this.life.secretValues,
      onProgress: this.life.report,
      front: this.#front,
    });
    this.#served = [...this.#served, served];
    return exposed;
  }
}
