import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "./dial.ts";

const forwarded = new Set<number>();

/**
 * Listens on a port inside the sandbox and joins every connection to the emulator, which decides where it goes.
 *
 * A sandbox has a network of its own, so this is its only way out.
 */
export async function forward(socket: Socket, port: number, emulatorPath: string): Promise<void> {
  if (!forwarded.has(port)) {
    forwarded.add(port);
    const server = createServer({ allowHalfOpen: true }, (client) => {
      client.on("error", () => client.destroy());
      const emulator = connect({ path: emulatorPath, allowHalfOpen: true });
      emulator.write(`${port}\n`);
      join(client, emulator);
    });
    server.on("error", () => forwarded.delete(port));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }
  socket.end("open\n");
}
