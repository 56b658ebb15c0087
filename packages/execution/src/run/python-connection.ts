import { setTimeout as sleep } from "node:timers/promises";
import { type CallOptions, type RpcClient, RpcError } from "@seer/rpc";
import type { LaunchedHost } from "@seer/rpc/launch";

/** A running Python process, through its host. */
export class PythonConnection implements AsyncDisposable {
  readonly #host: LaunchedHost;
  readonly #client: RpcClient;
  readonly #lost: Promise<never>;
  /** Whether the host has ended, by itself or by somebody's hand. */
  isLost = false;

  constructor(host: LaunchedHost, client: RpcClient) {
    this.#host = host;
    this.#client = client;
    this.#lost = host.exited.then(() => {
      this.isLost = true;
      throw new RpcError("rpc/unreachable", "its host has ended");
    });
    this.#lost.catch(() => {});
  }

  async call(fn: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown> {
    // The client alone would try for a while to get its connection back.
    return await Promise.race([this.#client.call(fn, args, options), this.#lost]);
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
