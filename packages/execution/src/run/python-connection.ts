import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions, RpcClient } from "@seer/rpc";
import type { LaunchedHost } from "@seer/rpc/launch";

/** A running Python process, through its host. */
export class PythonConnection implements AsyncDisposable {
  readonly #host: LaunchedHost;
  readonly #client: RpcClient;
  /** Whether the host has ended, by itself or by somebody's hand. */
  isLost = false;

  constructor(host: LaunchedHost, client: RpcClient) {
    this.#host = host;
    this.#client = client;
    void host.exited.then(() => {
      this.isLost = true;
      // The client would try for a while to get its connection back, and let its calls wait.
      return client.close();
    });
  }

  call(fn: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    return this.#client.call(fn, args, options);
  }

  /** Whether the process is still the one that was set up for this session. */
  async isSetUp(session: string): Promise<boolean> {
    return (await this.call("is_set_up", { session }, { timeoutMs: 10_000 }).catch(() => false)) === true;
  }

  /** Asks the host to interrupt a call; unlike with the client's own signal, the call ends only when its code has. */
  async interrupt(callId: string): Promise<void> {
    const request = { method: "DELETE", headers: { authorization: `Bearer ${this.#host.token}` } };
    for (let attempt = 0; attempt < 20; attempt++) {
      const response = await fetch(`${this.#host.url}/calls/${callId}`, request).catch(() => undefined);
      await response?.body?.cancel();
      // The call travels by another connection, and this request may have overtaken it.
      if (response?.status !== 404) return;
      await sleep(50);
    }
  }

  /** Replaces the process by a new one, whatever it is doing. */
  async restart(signal: AbortSignal): Promise<void> {
    await this.#client.restart({ signal });
    await this.#client.describe({ signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    await this.#host.close();
  }
}
