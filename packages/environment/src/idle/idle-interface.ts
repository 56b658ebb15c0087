import { RpcClient } from "@seer/rpc";
import { Gateway } from "@seer/rpc/gateway";
import { EnvironmentError } from "../errors.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceFilesRecord } from "../runtime/sandbox-state.ts";
import { hostInterface } from "../serve/host-interface.ts";
import { readLogs } from "../serve/read-logs.ts";
import type { LoadedInterface } from "../serve/serve-interface.ts";
import { hostLog } from "../serve/start-host.ts";
import { askHost, type HostBusiness } from "./ask-host.ts";
import type { IdleLife } from "./idle-life.ts";

export interface RestartOptions {
  secrets: readonly string[];
  /** Files to upload first, by sandbox path. */
  files: ReadonlyMap<string, Uint8Array>;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

const requestTimeoutMs = 10_000;

/** An interface of an idle sandbox, with an address on this machine that stays the same across restarts. */
export class IdleInterface {
  readonly gateway: Gateway;
  #record: InterfaceFilesRecord;

  private constructor(record: LoadedInterface, gateway: Gateway) {
    this.#record = filesRecord(record);
    this.gateway = gateway;
  }

  /** @throws EnvironmentError `environment/port-unavailable` */
  static async open(loaded: LoadedInterface, life: IdleLife): Promise<IdleInterface> {
    const { name, host, port } = loaded;
    const description = JSON.stringify(loaded.description);
    try {
      const gateway = await Gateway.open({ name, lifecycle: life, host, description, port });
      return new IdleInterface(loaded, gateway);
    } catch (cause) {
      throw new EnvironmentError("environment/port-unavailable", (cause as Error).message, {
        hint: "Choose another `port`, or omit it to use any free one.",
        cause,
      });
    }
  }

  get name(): string {
    return this.#record.name;
  }

  /** The address, for processes of this user. */
  get address(): { name: string; gateway: { url: string; token: string; adminToken: string } } {
    const { url, token, adminToken } = this.gateway;
    return { name: this.name, gateway: { url, token, adminToken } };
  }

  /** Returns why the host must not be stopped. */
  async business(): Promise<HostBusiness | undefined> {
    const { host, undelivered } = this.gateway;
    return host === undefined ? undefined : await askHost(host, undelivered);
  }

  /** Saves what the gateway answers without a host, and the current file list, which a reload may have changed. */
  async saveState(instance: SandboxInstance): Promise<void> {
    const record = instance.state.interfaces.find(({ name }) => name === this.name);
    if (record !== undefined) this.#record = filesRecord(record);
    await this.#saveDescription().catch(() => {});
    this.gateway.log = await readLogs(instance, { lines: 1000, name: this.name }).catch(() => "");
  }

  /** Reads the uploaded files of the interface from the sandbox. */
  async readFiles(instance: SandboxInstance): Promise<[string, Uint8Array][]> {
    const { files } = this.#record;
    return await Promise.all(
      files.map(async (path): Promise<[string, Uint8Array]> => [path, await instance.readFile(path)]),
    );
  }

  /** Serves the interface again at its old address. */
  async restart(instance: SandboxInstance, { files, ...options }: RestartOptions): Promise<void> {
    const { signal } = options;
    for (const path of this.#record.files) {
      signal.throwIfAborted();
      const content = files.get(path);
      if (content !== undefined) await instance.writeFile(path, content);
    }
    // A snapshot may contain the log of the previous host, which would be reported again.
    await instance.writeFile(hostLog(this.name), "");
    await hostInterface(instance, { ...this.#record, ...options }, async (host) => {
      const { url, token } = this.gateway;
      this.gateway.attach(host);
      return { value: undefined, gateway: { url, token } };
    });
  }

  async #saveDescription(): Promise<void> {
    const { host } = this.gateway;
    if (host === undefined) return;
    await using client = await RpcClient.connect({ ...host, timeoutMs: requestTimeoutMs, reconnectMs: 0 });
    this.gateway.description = JSON.stringify(await client.describe({ timeoutMs: requestTimeoutMs }));
  }
}

function filesRecord({ name, source, file, files, digest }: InterfaceFilesRecord): InterfaceFilesRecord {
  return { name, source, file, files, digest };
}
