import { WebSocket } from "ws";
import { type HostAddress, resourceOf } from "./host-address.ts";

export interface UpstreamHandlers {
  onMessage: (data: Buffer, isBinary: boolean) => void;
  onClose: (socket: WebSocket) => void;
}

const handshakeMs = 10_000;

/** Opens a WebSocket to a host, and waits for its hello, which it keeps to itself. */
export async function openUpstream(
  host: HostAddress,
  token: string,
  { onMessage, onClose }: UpstreamHandlers,
): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const url = resourceOf(host, "/ws");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, "seer.v1", {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: handshakeMs,
    perMessageDeflate: false,
    // The host bounds what it sends, and whoever reads it checks it.
    maxPayload: 0,
    skipUTF8Validation: true,
    // A mask of zeros changes nothing, so it costs nothing.
    generateMask: (mask) => {
      mask.fill(0);
    },
  });
  // As anything else of a sandbox, it does not keep this process alive.
  socket.on("upgrade", (response) => response.socket.unref());
  let hasSaidHello = false;
  socket.on("message", (data, isBinary) => {
    if (hasSaidHello) return onMessage(data as Buffer, isBinary);
    hasSaidHello = true;
    resolve(socket);
  });
  socket.on("error", reject);
  socket.on("close", () => {
    reject(new Error("The host closed the connection"));
    onClose(socket);
  });
  return await promise;
}

const fullBytes = 16 * 1024 * 1024;

/** Sends on what came from one side, which is read no further while the other does not keep up. */
export function pass(data: Buffer, isBinary: boolean, from: WebSocket, to: WebSocket): void {
  to.send(data, { binary: isBinary }, () => {
    if (to.bufferedAmount < fullBytes / 2) from.resume();
  });
  if (to.bufferedAmount > fullBytes) from.pause();
}
