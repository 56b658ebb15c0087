import { WebSocket } from "ws";
import { type HostAddress, resourceOf } from "./host-address.ts";
import { headerOf, type MessageHeader } from "./message-header.ts";

export interface UpstreamHandlers {
  onHello: (header: MessageHeader | undefined) => void;
  onMessage: (data: Buffer, isBinary: boolean) => void;
  onClose: (socket: WebSocket) => void;
}

const handshakeMs = 10_000;

/** Opens a WebSocket to a host; resolves after the host's `hello`, which is not passed on. */
export async function openUpstream(
  host: HostAddress,
  token: string,
  { onHello, onMessage, onClose }: UpstreamHandlers,
): Promise<WebSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const url = resourceOf(host, "/ws");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, "seer.v1", {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: handshakeMs,
    perMessageDeflate: false,
    // The host limits what it sends, and the client checks it.
    maxPayload: 0,
    skipUTF8Validation: true,
    // A mask of zeros leaves the data as it is, so masking costs nothing.
    generateMask: (mask) => {
      mask.fill(0);
    },
  });
  // It does not keep the process alive.
  socket.on("upgrade", (response) => response.socket.unref());
  let isReady = false;
  socket.on("message", (data, isBinary) => {
    if (isReady) return onMessage(data as Buffer, isBinary);
    isReady = true;
    onHello(headerOf(data as Buffer));
    resolve(socket);
  });
  socket.on("error", reject);
  socket.on("close", () => {
    reject(new Error("The host closed the connection"));
    onClose(socket);
  });
  return await promise;
}

const maxBufferedBytes = 16 * 1024 * 1024;

/** Forwards a message, and pauses reading from its sender while the receiver does not keep up. */
export function forwardMessage(data: Buffer, isBinary: boolean, from: WebSocket, to: WebSocket): void {
  to.send(data, { binary: isBinary }, () => {
    if (to.bufferedAmount < maxBufferedBytes / 2) from.resume();
  });
  if (to.bufferedAmount > maxBufferedBytes) from.pause();
}
