import { WebSocket } from "ws";
import type { IdleLife } from "../idle-life.ts";
import type { Rights } from "./access.ts";
import { HeldCalls, type HeldMessage } from "./held-calls.ts";
import type { HostAddress } from "./host-address.ts";
import { headerOf, message } from "./message-header.ts";
import { openUpstream, pass } from "./open-upstream.ts";
import type { Refusal } from "./refusal.ts";
import type { Undelivered } from "./undelivered.ts";
import { wakeFailure } from "./wake-failure.ts";
import type { WhileStopped } from "./while-stopped.ts";

export interface RelayOptions {
  client: WebSocket;
  rights: Rights;
  life: IdleLife;
  /** The host that is running now. */
  host: () => HostAddress;
  /** Tells this run of the gateway from any other. */
  instance: string;
  undelivered: Undelivered;
  whileStopped: WhileStopped;
}

// Clients give up a connection on which nothing moves for fifteen seconds.
const signOfLifeMs = 4000;
const mostHeldBytes = 64 * 1024 * 1024;

/** One client's WebSocket, which stays open while the hosts behind it come and go. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #held: HeldCalls;
  /** Calls that the host works on, each with what ends it as an activity. */
  readonly #going = new Map<string, () => void>();
  readonly #gone = new AbortController();
  #upstream: WebSocket | undefined;
  #isConnecting = false;
  #signs: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#held = new HeldCalls((id, why) => this.#refuse(id, why));
    const { client, life, instance } = options;
    client.on("message", (data, isBinary) => this.#fromClient(data as Buffer, isBinary));
    client.on("error", () => client.terminate());
    client.on("close", () => this.#close());
    life.listeners.add(this.#onLine);
    client.send(message({ op: "hello", protocol: 1, instance, state: this.#state }));
  }

  get waiting(): number {
    return this.#held.headers.length;
  }

  /** The host goes; the client stays. */
  detach(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.terminate();
  }

  get #state(): string {
    const { state } = this.#options.life;
    return state === "awake" ? "idle" : state;
  }

  #fromClient(data: Buffer, isBinary: boolean): void {
    const { client } = this.#options;
    const header = headerOf(data);
    if (header === undefined) {
      client.close(1002, "not a message of this protocol");
      return;
    }
    const held = { data, isBinary, header };
    if (this.#upstream !== undefined && this.#held.isEmpty) this.#handOn(held, this.#upstream);
    else if (header.op === "ping") client.send(message({ op: "pong", id: header.id }));
    else this.#hold(held);
  }

  #handOn({ data, isBinary, header: { op, id } }: HeldMessage, upstream: WebSocket): void {
    const { client, life, undelivered } = this.#options;
    if ((op === "call" || op === "attach") && !this.#going.has(id)) {
      const end = life.enterNow();
      if (end !== undefined) this.#going.set(id, end);
    }
    if (op === "call") undelivered.sent(id);
    else if (op !== "ping") life.touch();
    pass(data, isBinary, client, upstream);
  }

  #hold(held: HeldMessage): void {
    const { client, life, whileStopped } = this.#options;
    const { op, id } = held.header;
    if (op === "cancel" && this.#held.cancel(id)) return;
    if (life.state !== "awake" && op !== "call" && !this.#held.has(id)) {
      // Nothing else starts a sandbox, and there is nothing that it could be about.
      if (op !== "credit") this.#refuse(id, whileStopped.unknownCall(id));
      return;
    }
    this.#held.add(held);
    if (this.#held.bytes > mostHeldBytes) client.pause();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    this.#signs ??= setInterval(() => this.#showState(), signOfLifeMs).unref();
    try {
      await this.#connectAndGoOn();
    } finally {
      this.#isConnecting = false;
      clearInterval(this.#signs);
      this.#signs = undefined;
      this.#options.client.resume();
    }
  }

  async #connectAndGoOn(): Promise<void> {
    const { client, life, host, rights } = this.#options;
    let end: () => void;
    try {
      end = await life.enter(this.#gone.signal);
    } catch (error) {
      if (!this.#gone.signal.aborted) this.#held.refuseAll(wakeFailure(error));
      return;
    }
    try {
      const to = host();
      const upstream = await openUpstream(to, rights === "admin" ? to.adminToken : to.token, {
        onMessage: (data, isBinary) => this.#fromHost(data, isBinary),
        onClose: (socket) => this.#onHostClosed(socket),
      });
      if (this.#gone.signal.aborted) upstream.terminate();
      if (upstream.readyState !== WebSocket.OPEN) throw new Error("The host closed the connection");
      this.#upstream = upstream;
      for (const held of this.#held.take()) this.#handOn(held, upstream);
    } catch {
      // The client tries again, and knows what to do when that does not help.
      client.terminate();
    } finally {
      end();
    }
  }

  #fromHost(data: Buffer, isBinary: boolean): void {
    const { client, undelivered } = this.#options;
    const header = headerOf(data);
    if (this.#upstream !== undefined) pass(data, isBinary, this.#upstream, client);
    if (header === undefined || (header.op !== "result" && header.op !== "error")) return;
    undelivered.delivered(header.id);
    this.#going.get(header.id)?.();
    this.#going.delete(header.id);
  }

  #onHostClosed(upstream: WebSocket): void {
    if (this.#upstream !== upstream) return;
    this.#upstream = undefined;
    // The calls go on in the host: the client takes them up again over another connection.
    if (this.#going.size > 0) this.#options.client.terminate();
  }

  #refuse(id: string, { error }: Refusal): void {
    this.#options.client.send(message({ op: "error", id, code: error.code }, error), () => {});
  }

  #showState(): void {
    this.#options.client.send(message({ op: "state", state: this.#state }), () => {});
  }

  /** What is reported of the start is the progress of the calls that wait for it. */
  readonly #onLine = (line: string): void => {
    for (const { id, output } of this.#held.headers) {
      if (output !== true) continue;
      const progress = { op: "progress", id, done: 0, total: null, message: line.trim() };
      this.#options.client.send(message(progress), () => {});
    }
  };

  #close(): void {
    this.#gone.abort(new Error("The client is gone"));
    this.#options.life.listeners.delete(this.#onLine);
    this.#held.clear();
    for (const end of this.#going.values()) end();
    this.#going.clear();
    this.#upstream?.close();
    this.#upstream = undefined;
  }
}
