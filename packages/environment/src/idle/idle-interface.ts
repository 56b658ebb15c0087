import type { InterfaceRecord, Machine } from "../backends/backend.ts";
import { hostInterface } from "../serve/host-interface.ts";
import { readLogs } from "../serve/read-logs.ts";
import type { LoadedInterface } from "../serve/serve-interface.ts";
import { hostLog } from "../serve/start-host.ts";
import { askHost, type HostBusiness } from "./ask-host.ts";
import { Gateway } from "./gateway/gateway.ts";
import type { IdleLife } from "./idle-life.ts";

export interface AgainOptions {
  secrets: readonly string[];
  /** What is to be put in place first. */
  files: ReadonlyMap<string, Uint8Array>;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

/** An interface of a sandbox that is stopped and started: what is served, and its address here. */
export class IdleInterface {
  readonly gateway: Gateway;
  readonly #record: Pick<InterfaceRecord, "name" | "source" | "file" | "files">;

  private constructor(record: LoadedInterface, gateway: Gateway) {
    const { name, source, file, files } = record;
    this.#record = { name, source, file, files };
    this.gateway = gateway;
  }

  static async open(loaded: LoadedInterface, life: IdleLife): Promise<IdleInterface> {
    const { name, host, port } = loaded;
    const description = JSON.stringify(loaded.description);
    return new IdleInterface(loaded, await Gateway.open({ name, life, host, description, port }));
  }

  get name(): string {
    return this.#record.name;
  }

  /** Where it is found, by this user. */
  get address(): { name: string; gateway: { url: string; token: string; adminToken: string } } {
    const { url, token, adminToken } = this.gateway;
    return { name: this.name, gateway: { url, token, adminToken } };
  }

  /** Why its host must not be stopped now. */
  async business(): Promise<HostBusiness | undefined> {
    const { host, undelivered } = this.gateway;
    return host === undefined ? undefined : await askHost(host, undelivered);
  }

  /** Keeps the end of its log for as long as there is no host to ask. */
  async keepLog(machine: Machine): Promise<void> {
    this.gateway.log = await readLogs(machine, { lines: 1000, name: this.name }).catch(() => "");
  }

  /** What was uploaded for it, as it is in the sandbox. */
  async readFiles(machine: Machine): Promise<[string, Uint8Array][]> {
    const { files } = this.#record;
    return await Promise.all(
      files.map(async (path): Promise<[string, Uint8Array]> => [path, await machine.readFile(path)]),
    );
  }

  /** Serves it again, under the address that it has. */
  async serveAgain(machine: Machine, { files, ...options }: AgainOptions): Promise<void> {
    const { signal } = options;
    for (const path of this.#record.files) {
      signal.throwIfAborted();
      const content = files.get(path);
      if (content !== undefined) await machine.writeFile(path, content);
    }
    // A snapshot may have the log of the host before, whose lines are no news.
    await machine.writeFile(hostLog(this.name), "");
    await hostInterface(machine, { ...this.#record, ...options }, async (host) => {
      const { url, token } = this.gateway;
      this.gateway.attach(host);
      return { value: undefined, gateway: { url, token } };
    });
  }
}
