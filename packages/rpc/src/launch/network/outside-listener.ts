import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { RpcError } from "../../errors.ts";

/** A listening socket on this machine's loopback, for a process in another network namespace. */
export interface OutsideListener extends Disposable {
  readonly descriptor: number;
  readonly port: number;
}

/** Opens such a socket; disposing it closes only this process's copy. */
export async function openOutsideListener(): Promise<OutsideListener> {
  // Close connections that arrive before the process has the socket.
  const server = createServer((socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Node has no public API for the descriptor of a server, nor for passing a server to a child that is not Node.
  const descriptor = (server as unknown as { _handle?: { fd?: unknown } })._handle?.fd;
  if (typeof descriptor !== "number" || descriptor < 0) {
    server.close();
    throw new RpcError(
      "rpc/network-unavailable",
      "This version of Node does not expose the descriptor of a server",
    );
  }
  return {
    descriptor,
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]: () => void server.close(),
  };
}
