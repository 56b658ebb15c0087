import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { AccessRefusal } from "../http/access-check.ts";
import { GuardedServer, refuseUpgrade } from "../http/guarded-server.ts";
import { registerServedPort } from "../launch/network/served-ports.ts";
import { answerRequest } from "./answer-request.ts";
import { DeferredCalls } from "./deferred-calls.ts";
import { connectionsTo, type ForwardOptions } from "./forward.ts";
import { type HostAddress, type Rights, resourceOf, tokenFor } from "./host-address.ts";
import type { HostLifecycle } from "./host-lifecycle.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { Relay } from "./relay.ts";
import { type LocalAnswer, refused, StoppedHost } from "./stopped-host.ts";
import { UndeliveredResults } from "./undelivered-results.ts";

export interface GatewayOptions {
  name: string;
  lifecycle: HostLifecycle;
  host: HostAddress;
  /** The body that the host answers to `GET /interface`. */
  description: string;
  /** Any free port by default. */
  port?: number | undefined;
  /** How long a call that asks for an early answer (`Prefer: wait`) waits for a start. @default 20_000 */
  preferredWaitMs?: number | undefined;
}

const maxMessageBytes = 2 ** 30;

/**
 * A reverse proxy with a stable address for a served interface whose host is stopped while idle and started by the next
 * call. It speaks the host's protocol, and itself answers requests that need no running host.
 */
export class Gateway {
  readonly token = newToken();
  readonly adminToken = newToken();
  readonly undelivered = new UndeliveredResults();
  readonly stoppedHost: StoppedHost;
  readonly deferredCalls: DeferredCalls;
  readonly lifecycle: HostLifecycle;
  readonly preferredWaitMs: number;
  /** The last lines of the host's log, to answer with while it is stopped. */
  log = "";
  /** The answer to `GET /interface` while the host is stopped. */
  description: string;
  readonly #server: GuardedServer<Rights>;
  readonly #sockets: WebSocketServer;
  readonly #relays = new Set<Relay>();
  readonly #instance = randomBytes(6).toString("hex");
  #waiting = 0;
  #allowed: Disposable | undefined;
  #closed: Promise<void> | undefined;
  #host: HostAddress | undefined;
  /** The revision of the served file; a host's own count starts again whenever the host is started. */
  #revision = 1;
  #hostRevision = 1;
  #connections: ReturnType<typeof connectionsTo>;

  private constructor({ name, lifecycle, host, description, preferredWaitMs = 20_000 }: GatewayOptions) {
    this.lifecycle = lifecycle;
    this.preferredWaitMs = preferredWaitMs;
    this.#host = host;
    this.#connections = connectionsTo(host.url);
    this.deferredCalls = new DeferredCalls(lifecycle);
    const waiting = () => [...this.#relays].reduce((sum, relay) => sum + relay.waiting, this.#waiting);
    this.description = description;
    this.stoppedHost = new StoppedHost({
      lifecycle,
      name,
      waiting,
      description: () => this.description,
      log: () => this.log,
    });
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
      skipUTF8Validation: true,
      handleProtocols: (offered) => (offered.has("seer.v1") ? "seer.v1" : false),
    });
    this.#server = new GuardedServer<Rights>({
      tokens: { call: this.token, admin: this.adminToken },
      // No limit here: a large argument may wait while the host starts, and the host limits how long it may take.
      requestTimeoutMs: 0,
      keepsProcessAlive: false,
      onRequest: (request, response, rights) => this.#onRequest(request, response, rights),
      onUpgrade: (request, socket, head, rights) => this.#onUpgrade(request, socket, head, rights),
      refusalBody: (access) => refused(accessRefusal(access)).body,
    });
  }

  /** @throws RpcError `rpc/port-unavailable` */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options);
    await gateway.#server.listen(options.port);
    gateway.#allowed = registerServedPort(Number(new URL(gateway.url).port));
    return gateway;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Undefined while the host is stopped. */
  get host(): HostAddress | undefined {
    return this.#host;
  }

  /** Where to forward a request. */
  target(path: string, rights: Rights): Pick<ForwardOptions, "to" | "token" | "agent"> {
    const host = this.#host ?? missing();
    return { to: resourceOf(host, path), token: tokenFor(rights, host), agent: this.#connections };
  }

  /** Counts a request that waits for the host, until the result is called. */
  countWaiting(): () => void {
    this.#waiting++;
    return () => {
      this.#waiting--;
    };
  }

  /** Forwards to this host from now on. */
  attach(host: HostAddress): void {
    this.#host = host;
    this.#hostRevision = 1;
    this.#connections = connectionsTo(host.url);
    this.undelivered.clear();
  }

  /** Notifies all clients if the revision of the host's file has changed. */
  noteRevision(hostRevision: number | undefined): void {
    if (hostRevision === undefined || hostRevision === this.#hostRevision) return;
    this.#hostRevision = hostRevision;
    this.#revision++;
    for (const relay of this.#relays) relay.sendRevision(this.#revision);
  }

  /** Stops forwarding, because the host is being stopped; clients stay connected. */
  detach(): void {
    this.#host = undefined;
    for (const relay of this.#relays) relay.detach();
    this.#connections.destroy();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.detach();
    this.#allowed?.[Symbol.dispose]();
    await this.#server.close();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse, rights: Rights): Promise<void> {
    const local = await answerRequest({ request, response, rights, gateway: this });
    if (local !== undefined && !response.destroyed) answer(response, local);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, rights: Rights): void {
    const why = noWebSocket(request);
    if (why === undefined) this.#relay(request, socket, head, rights);
    else refuseUpgrade(socket, why.status, refused(why).body);
  }

  #relay(request: IncomingMessage, socket: Duplex, head: Buffer, rights: Rights): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const { lifecycle, undelivered, stoppedHost } = this;
      const relay = new Relay({
        client,
        rights,
        lifecycle,
        undelivered,
        stoppedHost,
        instance: this.#instance,
        revision: this.#revision,
        onRevision: (hostRevision) => this.noteRevision(hostRevision),
        host: () => this.#host ?? missing(),
      });
      this.#relays.add(relay);
      client.once("close", () => this.#relays.delete(relay));
    });
  }
}

function missing(): never {
  throw new Error("The host is not running");
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

function accessRefusal({ status, message }: AccessRefusal): Refusal {
  return refusal(status === 401 ? "unauthorised" : "forbidden", message);
}

function answer(response: ServerResponse, { status, contentType, body }: LocalAnswer): void {
  response.writeHead(status, { "content-type": contentType, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function noWebSocket({ url, headers }: IncomingMessage): Refusal | undefined {
  if (url !== "/ws") return refusal("bad-request", "the WebSocket endpoint is /ws");
  const offered = (headers["sec-websocket-protocol"] ?? "").split(",");
  if (offered.some((one) => one.trim() === "seer.v1")) return undefined;
  return refusal("bad-request", "the WebSocket needs the subprotocol seer.v1");
}
