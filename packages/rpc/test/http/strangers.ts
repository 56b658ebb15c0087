import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Connections of somebody without a token. */
export interface Strangers extends Disposable {
  readonly sockets: readonly Socket[];
  /** Those that the server has not closed. */
  readonly open: number;
}

/** Opens connections, each of which says this and then nothing more. */
export async function strangers(url: string, count: number, says = ""): Promise<Strangers> {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () => {
    const socket = connect({ host: hostname, port: Number(port) });
    // Being closed by the server is what is expected.
    socket.on("error", () => {}).resume();
    socket.write(says);
    return socket;
  });
  await Promise.all(sockets.map((socket) => (socket.connecting ? once(socket, "connect") : undefined)));
  return {
    sockets,
    get open() {
      return sockets.filter((socket) => !socket.closed && !socket.readableEnded).length;
    },
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
