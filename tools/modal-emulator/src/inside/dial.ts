import { connect, type Socket } from "node:net";

/** Joins a connection to a port inside the sandbox. The line before the bytes says whether anything listens there. */
export async function dial(socket: Socket, port: number): Promise<void> {
  const target = await connectTo(port, "127.0.0.1")
    .catch(() => connectTo(port, "::1"))
    .catch(() => undefined);
  if (target === undefined) {
    socket.end("refused\n");
    return;
  }
  socket.write("open\n");
  join(socket, target);
}

/** Connects two sockets with each other; a failure of one ends both. */
export function join(left: Socket, right: Socket): void {
  left.pipe(right);
  right.pipe(left);
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
}

function connectTo(port: number, host: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, allowHalfOpen: true });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });
}
