import { once } from "node:events";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { bindService } from "./bind-service.ts";
import type { Handlers } from "./call-context.ts";
import { services } from "./load-definitions.ts";
import type { Pipeline } from "./pipeline.ts";

const MESSAGE_LIMIT = 100 * 1024 * 1024;

/**
 * Both services on one loopback port.
 *
 * The TCP sockets are accepted here and handed to gRPC, so that a fault can cut real connections.
 */
export class WireServer {
  readonly #grpc: Server;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly port: number;

  private constructor(grpc: Server, listener: NetServer, sockets: Set<Socket>) {
    this.#grpc = grpc;
    this.#listener = listener;
    this.#sockets = sockets;
    this.port = (listener.address() as AddressInfo).port;
  }

  static async listen(
    handlers: { control: Handlers; router: Handlers },
    pipeline: Pipeline,
    port: number,
  ): Promise<WireServer> {
    const grpc = new Server({
      "grpc.max_receive_message_length": MESSAGE_LIMIT,
      "grpc.max_send_message_length": MESSAGE_LIMIT,
    });
    for (const name of ["control", "router"] as const) {
      grpc.addService(services[name], bindService(name, services[name], handlers[name], pipeline));
    }
    const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      injector.injectConnection(socket);
    });
    listener.listen(port, "127.0.0.1");
    await once(listener, "listening");
    return new WireServer(grpc, listener, sockets);
  }

  /** Cuts every open connection, as a failing network does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    this.#grpc.forceShutdown();
    this.dropConnections();
    await closed;
  }
}
