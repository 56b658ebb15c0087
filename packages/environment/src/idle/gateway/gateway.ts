import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { EnvironmentError } from "../../errors.ts";
import type { IdleLife } from "../idle-life.ts";
import { Access, type Rights } from "./access.ts";
import { answerRequest } from "./answer-request.ts";
import { connectionsTo } from "./forward.ts";
import type { HostAddress } from "./host-address.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { RefusedCalls } from "./refused-calls.ts";
import { Relay } from "./relay.ts";
import { Undelivered } from "./undelivered.ts";
import { type LocalAnswer, refused, WhileStopped } from "./while-stopped.ts";

export interface GatewayOptions {
  name: string;
  life: IdleLife;
  host: HostAddress;
  /** What the host answers when it is asked for its description. */
  description: string;
  /** Any free one when absent. */
  port?: number | undefined;
  /** How long a call waits for a start whose client wants to be answered within some time. @default 20_000 */
  patienceMs?: number | undefined;
}

const headBytes = 32 * 1024;
const mostConnections = 512;
const messageBytes = 2 ** 30;

/**
 * The address of a served interface on this machine, which stays the same while the hosts behind it come and go.
 *
 * It asks for the same as a host does, and knows which of its requests need one.
 */
export class Gateway {
  readonly url: string;
  readonly undelivered = new Undelivered();
  readonly whileStopped: WhileStopped;
  readonly refusedCalls: RefusedCalls;
  readonly life: IdleLife;
  readonly patienceMs: number;
  /** The end of the host's log, for when there is no host. */
  log = "";
  readonly #server: Server;
  readonly #access = new Access();
  readonly #sockets: WebSocketServer;
  readonly #relays = new Set<Relay>();
  readonly #instance = randomBytes(6).toString("hex");
  #waiting = 0;
  #closed: Promise<void> | undefined;
  #host: HostAddress | undefined;
  #connections: ReturnType<typeof connectionsTo>;

  private constructor(server: Server, options: GatewayOptions) {
    const { name, life, host, description, patienceMs = 20_000 } = options;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.life = life;
    this.patienceMs = patienceMs;
    this.#server = server;
    this.#host = host;
    this.#connections = connectionsTo(host.url);
    this.refusedCalls = new RefusedCalls(life);
    const waiting = () => [...this.#relays].reduce((sum, relay) => sum + relay.waiting, this.#waiting);
    this.whileStopped = new WhileStopped({ life, name, description, waiting, log: () => this.log });
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: messageBytes,
      skipUTF8Validation: true,
      handleProtocols: (offered) => (offered.has("seer.v1") ? "seer.v1" : false),
    });
    server.on("request", (request, response) => {
      // Such as for a target that is none.
      this.#onRequest(request, response).catch(() => response.destroy());
    });
    server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  /** @throws EnvironmentError `environment/port-unavailable` */
  static async open(options: GatewayOptions): Promise<Gateway> {
    const server = createServer({ maxHeaderSize: headBytes, headersTimeout: 20_000, requestTimeout: 0 });
    server.maxConnections = mostConnections;
    server.keepAliveTimeout = 300_000;
    // What waits here does not keep this process alive, as a sandbox does not.
    server.on("connection", (socket) => socket.setNoDelay(true).unref());
    server.listen({ host: "127.0.0.1", port: options.port ?? 0 });
    try {
      await once(server, "listening");
    } catch (cause) {
      throw new EnvironmentError(
        "environment/port-unavailable",
        `Port ${options.port} cannot be used: ${(cause as Error).message}`,
        { hint: "Give another `port`, or none for any that is free.", cause },
      );
    }
    server.unref();
    return new Gateway(server, options);
  }

  get token(): string {
    return this.#access.token;
  }

  get adminToken(): string {
    return this.#access.adminToken;
  }

  /** The host behind it; undefined while there is none. */
  get host(): HostAddress | undefined {
    return this.#host;
  }

  /** Kept open to the host between requests. */
  get connections(): ReturnType<typeof connectionsTo> {
    return this.#connections;
  }

  /** A request waits for the host until what this gives is called. */
  wait(): () => void {
    this.#waiting++;
    return () => {
      this.#waiting--;
    };
  }

  /** Leads to another host from now on. */
  attach(host: HostAddress): void {
    this.#host = host;
    this.#connections = connectionsTo(host.url);
    this.undelivered.clear();
  }

  /** The host goes; whoever is connected stays so. */
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
    for (const client of this.#sockets.clients) client.terminate();
    this.detach();
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rights = this.#access.check(request.headers);
    if (typeof rights !== "string") return answer(response, refused(rights), { close: true });
    const local = await answerRequest({ request, response, rights, gateway: this });
    if (local !== undefined && !response.destroyed) answer(response, local);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const rights = this.#access.check(request.headers);
    const why = typeof rights === "string" ? noWebSocket(request) : rights;
    if (typeof rights === "string" && why === undefined) this.#relay(request, socket, head, rights);
    else if (why !== undefined) refuseUpgrade(socket, why);
  }

  #relay(request: IncomingMessage, socket: Duplex, head: Buffer, rights: Rights): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const { life, undelivered, whileStopped } = this;
      const relay = new Relay({
        client,
        rights,
        life,
        undelivered,
        whileStopped,
        instance: this.#instance,
        host: () => this.#host ?? missing(),
      });
      this.#relays.add(relay);
      client.once("close", () => this.#relays.delete(relay));
    });
  }
}

function missing(): never {
  throw new Error("The sandbox has no host");
}

function answer(
  response: ServerResponse,
  { status, contentType, body }: LocalAnswer,
  { close = false } = {},
): void {
  response.writeHead(status, {
    "content-type": contentType,
    "content-length": Buffer.byteLength(body),
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(close ? { connection: "close" } : {}),
  });
  response.end(body);
}

function noWebSocket({ url, headers }: IncomingMessage): Refusal | undefined {
  if (url !== "/ws") return refusal("bad-request", "the WebSocket is at /ws");
  const offered = (headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
  if (offered.includes("seer.v1")) return undefined;
  return refusal("bad-request", "the WebSocket needs the subprotocol seer.v1");
}

function refuseUpgrade(socket: Duplex, why: Refusal): void {
  const { status, contentType, body } = refused(why);
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
