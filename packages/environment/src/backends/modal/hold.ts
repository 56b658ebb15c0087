import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import type { EndReason } from "../backend.ts";
import type { InitClient } from "../init/init-client.ts";
import { askModal, status, statusOf } from "./ask-modal.ts";

const defaultLeaseMs = 90_000;
const pollMs = 10_000;

/** How long a sandbox lives when nobody holds it. A test cannot wait as long as people may. */
export function leaseMs(): number {
  return Number(process.env.SEER_LEASE_MS) || defaultLeaseMs;
}

/**
 * Keeps a sandbox alive by renewing its lease; several processes may. A renewal that fails is made up for by the next
 * one. No connection stays open between them, so this does not keep the process alive.
 */
export class Hold {
  /** Settles when the sandbox has ended. */
  readonly ended: Promise<EndReason>;
  readonly #client: InitClient;
  readonly #sandbox: Sandbox;
  readonly #holder = randomUUID();
  readonly #everyMs = leaseMs() / 6;
  #timer: NodeJS.Timeout | undefined;
  #watching: Promise<void> | undefined;
  #isReleased = false;
  #hasEnded = false;
  #end: (reason: EndReason) => void = () => {};

  private constructor(client: InitClient, sandbox: Sandbox) {
    this.#client = client;
    this.#sandbox = sandbox;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** @throws EnvironmentError `environment/ended` */
  static async take(client: InitClient, sandbox: Sandbox): Promise<Hold> {
    const hold = new Hold(client, sandbox);
    await hold.#renew();
    hold.#schedule();
    return hold;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Something says that the sandbox has ended: finds out whether, and why. */
  check(): Promise<void> {
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = undefined;
    });
    return this.#watching;
  }

  /** Takes note of an end that this process has brought about. */
  settle(reason: EndReason): void {
    this.#hasEnded = true;
    this.#isReleased = true;
    clearTimeout(this.#timer);
    this.#end(reason);
  }

  /** Lets go of it, so that it lives on for as long as others hold it. */
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    void this.#client.renew(this.#holder, 0).catch(() => {});
  }

  async #renew(): Promise<void> {
    // One renewal may be lost.
    await this.#client.renew(this.#holder, (this.#everyMs * 1.7) / 1000);
  }

  #schedule(): void {
    if (this.#isReleased) return;
    this.#timer = setTimeout(() => {
      // The next one does not wait for one that hangs.
      this.#schedule();
      this.#renew().catch(() => this.check());
    }, this.#everyMs).unref();
  }

  /** A sandbox whose first process does not answer any more is about to end, or only hard to reach. */
  async #watch(): Promise<void> {
    for (const pauseMs of [0, 100, 200, 400, 800, 1600]) {
      if (this.#hasEnded) return;
      await delay(pauseMs, undefined, { ref: false });
      const reason = await endReason(this.#sandbox).catch(() => undefined);
      if (reason !== undefined) return this.settle(reason);
    }
  }
}

/** Why a sandbox has ended; undefined while it runs. */
export async function endReason(sandbox: Sandbox): Promise<EndReason | undefined> {
  try {
    const code = await askModal("look after a sandbox", () => sandbox.poll(), { deadlineMs: pollMs });
    return code === null ? undefined : (reasons[code] ?? "lost");
  } catch (error) {
    if (statusOf(error) === status.notFound) return "lost";
    if (EnvironmentError.isInstance(error)) return undefined;
    throw error;
  }
}

/** Exit codes of the first process, as in `seer_init/main.py`, and the SDK's for the end of Modal's own time. */
const reasons: Readonly<Record<number, EndReason>> = {
  0: "terminated",
  80: "timeout",
  81: "budget",
  82: "owner-gone",
  124: "timeout",
};
