import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import { connect, createServer as createSocketServer, type Server, type Socket } from "node:net";
import { join } from "../inside/dial.ts";
import { readLine } from "../inside/frames.ts";
import { allows, type NetworkPolicy } from "./allows.ts";
import { connectOut, requestOut } from "./http-proxy.ts";

/** The port inside a sandbox where its HTTP proxy answers. */
const PROXY_PORT = 3128;

/**
 * A sandbox's way out of its own network: an HTTP proxy, and ports of this machine's loopback.
 *
 * Programs inside find the proxy in `http_proxy` and `https_proxy`, and the ports under the address they were given.
 */
export class Egress {
  readonly #server: Server;
  readonly #proxy: HttpServer;
  readonly #sockets = new Set<Socket>();
  #policy: NetworkPolicy;

  private constructor(policy: NetworkPolicy) {
    this.#policy = policy;
    this.#proxy = createServer((request, response) =>
      requestOut(request, response, (host) => this.#allows(host)),
    );
    this.#proxy.on("connect", (request, socket: Socket, head) =>
      connectOut(request, socket, head, (host) => this.#allows(host)),
    );
    this.#server = createSocketServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#sockets.delete(socket));
      this.#accept(socket).catch(() => socket.destroy());
    });
  }

  /** Listens where a sandbox's program inside connects for every connection that leaves it. */
  static async listen(path: string, policy: NetworkPolicy): Promise<Egress> {
    const egress = new Egress(policy);
    egress.#server.listen(path);
    await once(egress.#server, "listening");
    return egress;
  }

  /** Replaces the policy, and cuts what the new one may not allow. */
  setPolicy(policy: NetworkPolicy): void {
    this.#policy = policy;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What programs inside need to know; nothing when nothing is allowed. */
  environment(): Record<string, string> {
    if (this.#policy.kind === "blocked") return {};
    const proxy = `http://127.0.0.1:${PROXY_PORT}`;
    const none = "127.0.0.1,localhost,::1";
    return {
      http_proxy: proxy,
      https_proxy: proxy,
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      no_proxy: none,
      NO_PROXY: none,
    };
  }

  /** The ports that must answer inside for the addresses in these texts to mean what they say. */
  ports(texts: readonly string[], always: readonly number[]): Set<number> {
    if (this.#policy.kind === "blocked") return new Set();
    const named = texts.flatMap((text) => [...text.matchAll(/\/\/(?:127\.0\.0\.1|localhost):(\d+)/g)]);
    return new Set([PROXY_PORT, ...always, ...named.map(([, port]) => Number(port))]);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #accept(socket: Socket): Promise<void> {
    const port = Number(await readLine(socket));
    if (port === PROXY_PORT) this.#proxy.emit("connection", socket);
    else if (this.#allows("127.0.0.1"))
      join(socket, connect({ port, host: "127.0.0.1", allowHalfOpen: true }));
    else socket.destroy();
  }

  #allows(host: string): boolean {
    return allows(this.#policy, host);
  }
}
