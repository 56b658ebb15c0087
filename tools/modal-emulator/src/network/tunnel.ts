import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { join } from "../inside/dial.ts";
import type { ServerCertificate } from "./certificate-authority.ts";

/** A port that a sandbox opens to the world. */
export interface OpenPort {
  port: number;
  kind: "http" | "h2" | "tcp";
}

export interface TunnelOptions {
  open: OpenPort;
  certificate: ServerCertificate;
  /** A connection to the port inside, or undefined when nothing listens there. */
  dial: () => Promise<Socket | undefined>;
  /** Told of each connection; what it returns is called at the connection's end. */
  onConnection: () => () => void;
}

/** A public address of one port of a sandbox: TLS on loopback, and for "tcp" ports plain TCP as well. */
export class Tunnel {
  readonly containerPort: number;
  readonly host = "127.0.0.1";
  readonly #options: TunnelOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(options: TunnelOptions) {
    this.#options = options;
    this.containerPort = options.open.port;
  }

  static async open(options: TunnelOptions): Promise<Tunnel> {
    const tunnel = new Tunnel(options);
    await tunnel.#listen((socket) => tunnel.#encrypted(socket));
    if (options.open.kind === "tcp") await tunnel.#listen((socket) => tunnel.#serve(socket));
    return tunnel;
  }

  /** The port of the TLS address. */
  get port(): number {
    return this.#portOf(0) as number;
  }

  get unencryptedPort(): number | undefined {
    return this.#portOf(1);
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => once(server, "close"));
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(accept: (socket: Socket) => void): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      const release = this.#options.onConnection();
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        release();
      });
      accept(socket);
    });
    server.listen(0, this.host);
    await once(server, "listening");
    this.#servers.push(server);
  }

  #portOf(index: number): number | undefined {
    return (this.#servers[index]?.address() as AddressInfo | undefined)?.port;
  }

  #encrypted(socket: Socket): void {
    const ALPNProtocols = this.#options.open.kind === "h2" ? ["h2"] : ["http/1.1"];
    const secure = new TLSSocket(socket, { isServer: true, ALPNProtocols, ...this.#options.certificate });
    secure.on("error", () => secure.destroy());
    void this.#serve(secure);
  }

  async #serve(socket: Socket): Promise<void> {
    const inside = await this.#options.dial();
    if (inside !== undefined) join(socket, inside);
    else if (this.#options.open.kind === "http") socket.end(BAD_GATEWAY);
    else socket.destroy();
  }
}

/** What a proxy says when there is an address but nobody at it. */
const BAD_GATEWAY = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
