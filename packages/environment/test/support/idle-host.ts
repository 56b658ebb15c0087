import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { ServedInterface } from "@seer/rpc";
import { Gateway, type GatewayOptions } from "@seer/rpc/gateway";
import { type LaunchedHost, launchHost } from "@seer/rpc/launch";
import { askHost } from "../../src/idle/ask-host.ts";
import { IdleLife } from "../../src/idle/idle-life.ts";

export const idleFixture = join(import.meta.dirname, "..", "fixtures", "idle", "interface.py");

/** A gateway in front of a host that is stopped and started like a sandbox, without there being one. */
export class IdleHost implements AsyncDisposable {
  readonly life: IdleLife;
  readonly progress: string[] = [];
  gateway!: Gateway;
  served!: ServedInterface;
  starts = 0;
  stops = 0;
  /** How long starting again takes at least, and how it fails, if it is to. */
  wakeMs = 0;
  failure: Error | undefined;
  keepMs = 0;
  keepFailure: Error | undefined;
  discarded = 0;
  #host: LaunchedHost | undefined;

  private constructor(afterMs: number) {
    const report = (line: string) => {
      this.progress.push(line);
      this.life.addLine(line);
    };
    this.life = new IdleLife(
      { afterMs, action: "snapshot" },
      {
        isBusy: async () => {
          const { host } = this.gateway;
          return host !== undefined && (await askHost(host, this.gateway.undelivered)) !== undefined;
        },
        save: async (signal) => {
          if (this.keepFailure !== undefined) throw this.keepFailure;
          // What is nearly done ends as it would have.
          await delay(this.keepMs, undefined, { signal: this.keepMs > 1000 ? signal : undefined });
        },
        discard: async () => {
          this.discarded++;
        },
        stop: async () => {
          this.stops++;
          this.gateway.detach();
          await this.#host?.close();
        },
        wake: async (signal) => {
          this.life.beginStep("preparing the models");
          report("  loading it");
          await delay(this.wakeMs, undefined, { signal });
          if (this.failure !== undefined) throw this.failure;
          this.gateway.attach(await this.#launch());
        },
      },
      report,
    );
  }

  static async start({
    afterMs = 500,
    ...options
  }: Partial<GatewayOptions> & { afterMs?: number } = {}): Promise<IdleHost> {
    const self = new IdleHost(afterMs);
    // However long its own start takes, it is not stopped before there is a gateway.
    const started = self.life.enterNow();
    const host = await self.#launch();
    await using client = await host.client();
    const description = await client.describe({ timeoutMs: 30_000 });
    const { life } = self;
    const name = "tools";
    self.gateway = await Gateway.open({
      ...{ name, lifecycle: life, host, description: JSON.stringify(description) },
      ...options,
    });
    self.served = { name, url: self.gateway.url, token: self.gateway.token, description };
    started?.();
    return self;
  }

  /** Waits until it is stopped. */
  async stopped(): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (this.life.state !== "stopped") {
      if (performance.now() > deadline) throw new Error(`It was not stopped:\n${this.progress.join("\n")}`);
      await delay(10);
    }
    // Its processes, too, have ended.
    await this.#host?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.life.close(new Error("The test is over"));
    await this.gateway.close();
    await this.#host?.close();
  }

  async #launch(): Promise<LaunchedHost> {
    this.#host = await launchHost({ file: idleFixture, name: "tools", python: process.env.SEER_PYTHON });
    this.starts++;
    await using client = await this.#host.client();
    await client.describe({ timeoutMs: 30_000 });
    return this.#host;
  }
}
