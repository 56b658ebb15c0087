import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "modal";
import { EnvironmentError } from "../../errors.ts";
import type { InitClient } from "../../runtime/init-client.ts";
import type { EndReason } from "../../runtime/sandbox-instance.ts";
import { timings } from "../../runtime/timings.ts";
import { callModal, status, statusOf } from "./call-modal.ts";

const pollTimeoutMs = 10_000;

/**
 * Keeps a sandbox alive by renewing a lease. Several processes may each hold one. After a failed renewal, the next one
 * is on time. Neither connections nor timers keep this process alive.
 */
export class LeaseRenewer {
  /** Resolves when the sandbox has ended. */
  readonly ended: Promise<EndReason>;
  readonly #client: InitClient;
  readonly #sandbox: Sandbox;
  readonly #holder = randomUUID();
  readonly #intervalMs = timings.leaseMs / 6;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #isReleased = false;
  #hasEnded = false;
  #resolveEnded: (reason: EndReason) => void = () => {};

  private constructor(client: InitClient, sandbox: Sandbox) {
    this.#client = client;
    this.#sandbox = sandbox;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** @throws EnvironmentError `environment/ended` */
  static async start(client: InitClient, sandbox: Sandbox): Promise<LeaseRenewer> {
    const lease = new LeaseRenewer(client, sandbox);
    await lease.#renew();
    lease.#schedule();
    return lease;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Checks whether the sandbox has ended, and why. */
  check(): Promise<void> {
    this.#checking ??= this.#checkEnd().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Records that this process has ended the sandbox. */
  settle(reason: EndReason): void {
    this.#hasEnded = true;
    this.#isReleased = true;
    clearTimeout(this.#timer);
    this.#resolveEnded(reason);
  }

  /** Gives up the lease. The sandbox continues while others hold leases. */
  release(): void {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    void this.#client.renew(this.#holder, 0).catch(() => {});
  }

  async #renew(): Promise<void> {
    // Long enough that one renewal may fail.
    await this.#client.renew(this.#holder, (this.#intervalMs * 1.7) / 1000);
  }

  #schedule(): void {
    if (this.#isReleased) return;
    this.#timer = setTimeout(() => {
      // Scheduled before the renewal, which may hang.
      this.#schedule();
      this.#renew().catch(() => this.check());
    }, this.#intervalMs).unref();
  }

  /** Distinguishes a sandbox that is ending from one that is temporarily unreachable. */
  async #checkEnd(): Promise<void> {
    for (const pauseMs of [0, 100, 200, 400, 800, 1600]) {
      if (this.#hasEnded) return;
      await delay(pauseMs, undefined, { ref: false });
      const reason = await endReason(this.#sandbox).catch(() => undefined);
      if (reason !== undefined) return this.settle(reason);
    }
  }
}

/** Returns why a sandbox has ended, or undefined while it runs. */
export async function endReason(sandbox: Sandbox): Promise<EndReason | undefined> {
  try {
    const code = await callModal("check a sandbox", () => sandbox.poll(), { deadlineMs: pollTimeoutMs });
    return code === null ? undefined : (reasons[code] ?? "lost");
  } catch (error) {
    if (statusOf(error) === status.notFound) return "lost";
    if (EnvironmentError.isInstance(error)) return undefined;
    throw error;
  }
}

/** Exit codes of init (see `seer_init/main.py`), and the SDK's code for Modal's own timeout. */
const reasons: Readonly<Record<number, EndReason>> = {
  0: "terminated",
  80: "timeout",
  81: "budget",
  82: "owner-gone",
  124: "timeout",
};
