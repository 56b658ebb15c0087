import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "../inside/dial.ts";

/** Answers a CONNECT with a connection to its host. */
export function connectOut(
  message: IncomingMessage,
  socket: Socket,
  head: Buffer,
  allows: (host: string) => boolean,
): void {
  const { hostname, port } = new URL(`http://${message.url}`);
  if (!allows(hostname)) {
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const target = connect({ host: hostname, port: Number(port || 80), allowHalfOpen: true });
  target.once("connect", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    socket.unshift(head);
    join(socket, target);
  });
  target.once("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
}

/** Passes on a plain HTTP request, whose target is a full URL. */
export function requestOut(
  message: IncomingMessage,
  response: ServerResponse,
  allows: (host: string) => boolean,
): void {
  const url = URL.parse(message.url ?? "");
  if (url === null || !allows(url.hostname)) {
    response.writeHead(url === null ? 400 : 403).end();
    return;
  }
  const { "proxy-connection": _, ...headers } = message.headers;
  const outgoing = request(url, { method: message.method ?? "GET", headers }, (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    incoming.pipe(response);
  });
  outgoing.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  message.pipe(outgoing);
}
