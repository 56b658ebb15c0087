import { WebSocket } from "ws";
import { type HostAddress, type Rights, tokenFor } from "./host-address.ts";
import type { HostLifecycle, StartProgress } from "./host-lifecycle.ts";
import { headerOf, message } from "./message-header.ts";
import { forwardMessage, openUpstream } from "./open-upstream.ts";
import type { Refusal } from "./refusal.ts";
import { startRefusal } from "./refusal.ts";
import type { StoppedHost } from "./stopped-host.ts";
import type { UndeliveredResults } from "./undelivered-results.ts";
import { WaitingCalls, type WaitingMessage } from "./waiting-calls.ts";

export interface RelayOptions {
  client: WebSocket;
  rights: Rights;
  lifecycle: HostLifecycle;
  /** The running host. */
  host: () => HostAddress;
  /** Identifies the gateway, so that clients know after reconnecting that it is the same. */
  instance: string;
  /** The version of the served file, in the gateway's own count. */
  revision: number;
  /** Called with the version in the host's count when it has changed. */
  onRevision: (hostRevision: number | undefined) => void;
  undelivered: UndeliveredResults;
  stoppedHost: StoppedHost;
}

// Clients drop a connection that is silent for 15 seconds.
const stateIntervalMs = 4000;
const maxWaitingBytes = 64 * 1024 * 1024;

/** Relays one client's WebSocket, which stays open while the host is stopped and started. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #waiting: WaitingCalls;
  /** Calls that the host runs, each with the function that ends its activity. */
  readonly #running = new Map<string, () => void>();
  readonly #gone = new AbortController();
  #upstream: WebSocket | undefined;
  #isConnecting = false;
  #stateTimer: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#waiting = new WaitingCalls((id, why) => this.#refuse(id, why));
    const { client, lifecycle, instance, revision } = options;
    client.on("message", (data, isBinary) => this.#fromClient(data as Buffer, isBinary));
    client.on("error", () => client.terminate());
    client.on("close", () => this.#close());
    lifecycle.listeners.add(this.#onLine);
    client.send(message({ op: "hello", protocol: 1, instance, state: this.#state, revision }));
  }

  get waiting(): number {
    return this.#waiting.headers.length;
  }

  /** Drops the connection to the host; the client stays connected. */
  detach(): void {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.terminate();
  }

  sendRevision(revision: number): void {
    this.#options.client.send(message({ op: "interface", revision }), () => {});
  }

  get #state(): string {
    const { state } = this.#options.lifecycle;
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
    if (this.#upstream !== undefined && this.#waiting.isEmpty) this.#forward(held, this.#upstream);
    else if (header.op === "ping") client.send(message({ op: "pong", id: header.id }));
    else this.#enqueue(held);
  }

  #forward({ data, isBinary, header: { op, id } }: WaitingMessage, upstream: WebSocket): void {
    const { client, lifecycle, undelivered } = this.#options;
    if ((op === "call" || op === "attach") && !this.#running.has(id)) {
      const end = lifecycle.enterNow();
      if (end !== undefined) this.#running.set(id, end);
    }
    if (op === "call") undelivered.sent(id);
    else if (op !== "ping") lifecycle.touch();
    forwardMessage(data, isBinary, client, upstream);
  }

  #enqueue(held: WaitingMessage): void {
    const { client, lifecycle, stoppedHost } = this.#options;
    const { op, id } = held.header;
    if (op === "cancel" && this.#waiting.cancel(id)) return;
    if (lifecycle.state !== "awake" && op !== "call" && !this.#waiting.has(id)) {
      // Only calls start a host, and a stopped host has no other calls.
      if (op !== "credit") this.#refuse(id, stoppedHost.unknownCall(id));
      return;
    }
    this.#waiting.add(held);
    if (this.#waiting.bytes > maxWaitingBytes) client.pause();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    this.#stateTimer ??= setInterval(() => this.#sendState(), stateIntervalMs).unref();
    try {
      await this.#connectAndFlush();
    } finally {
      this.#isConnecting = false;
      clearInterval(this.#stateTimer);
      this.#stateTimer = undefined;
      this.#options.client.resume();
    }
  }

  async #connectAndFlush(): Promise<void> {
    const { client, lifecycle, host, rights } = this.#options;
    let end: () => void;
    try {
      end = await lifecycle.enter(this.#gone.signal);
    } catch (error) {
      if (!this.#gone.signal.aborted) this.#waiting.refuseAll(startRefusal(error, rights));
      return;
    }
    try {
      const to = host();
      const upstream = await openUpstream(to, tokenFor(rights, to), {
        onHello: (hello) => this.#options.onRevision(hello?.revision),
        onMessage: (data, isBinary) => this.#fromHost(data, isBinary),
        onClose: (socket) => this.#onHostClosed(socket),
      });
      if (this.#gone.signal.aborted) upstream.terminate();
      if (upstream.readyState !== WebSocket.OPEN) throw new Error("The host closed the connection");
      this.#upstream = upstream;
      for (const held of this.#waiting.take()) this.#forward(held, upstream);
    } catch {
      // The client reconnects, and reports when that keeps failing.
      client.terminate();
    } finally {
      end();
    }
  }

  #fromHost(data: Buffer, isBinary: boolean): void {
    const { client, undelivered, onRevision } = this.#options;
    const header = headerOf(data);
    if (header?.op === "interface") {
      onRevision(header.revision);
      return;
    }
    if (this.#upstream !== undefined) forwardMessage(data, isBinary, this.#upstream, client);
    if (header === undefined || (header.op !== "result" && header.op !== "error")) return;
    undelivered.delivered(header.id);
    this.#running.get(header.id)?.();
    this.#running.delete(header.id);
  }

  #onHostClosed(upstream: WebSocket): void {
    if (this.#upstream !== upstream) return;
    this.#upstream = undefined;
    // The calls continue in the host: the client reconnects and attaches to them.
    if (this.#running.size > 0) this.#options.client.terminate();
  }

  #refuse(id: string, { error }: Refusal): void {
    this.#options.client.send(message({ op: "error", id, code: error.code }, error), () => {});
  }

  #sendState(): void {
    this.#options.client.send(message({ op: "state", state: this.#state }), () => {});
  }

  /** Lines of the start are sent as progress of the calls that wait for it. */
  readonly #onLine = ({ text, audience }: StartProgress): void => {
    if (audience === "admins" && this.#options.rights !== "admin") return;
    for (const { id, output } of this.#waiting.headers) {
      if (output !== true) continue;
      const progress = { op: "progress", id, done: 0, total: null, message: text.trim() };
      this.#options.client.send(message(progress), () => {});
    }
  };

  #close(): void {
    this.#gone.abort(new Error("The client disconnected"));
    this.#options.lifecycle.listeners.delete(this.#onLine);
    this.#waiting.clear();
    for (const end of this.#running.values()) end();
    this.#running.clear();
    this.#upstream?.close();
    this.#upstream = undefined;
  }
}
