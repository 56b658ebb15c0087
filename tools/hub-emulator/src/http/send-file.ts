import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Request } from "../request.ts";
import { parseRange } from "./parse-range.ts";

/** The fault of a download. */
export interface Disturbance {
  /** Breaks the connection after so many bytes. */
  dropAfterBytes?: number;
  bytesPerSecond?: number;
}

const CHUNK_BYTES = 64 * 1024;

/** Sends a file, or the requested part of it; returns the number of bytes sent. */
export async function sendFile(
  request: Request,
  response: ServerResponse,
  file: { content: Buffer; headers: Record<string, string>; disturbance?: Disturbance },
): Promise<number> {
  const size = file.content.length;
  const range = parseRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    response.writeHead(416, { ...file.headers, "Content-Range": `bytes */${size}` }).end();
    return 0;
  }
  const part = range === undefined ? file.content : file.content.subarray(range.start, range.end + 1);
  response.writeHead(range === undefined ? 200 : 206, {
    ...file.headers,
    "Accept-Ranges": "bytes",
    "Content-Length": String(part.length),
    "Content-Type": "application/octet-stream",
    ...(range && { "Content-Range": `bytes ${range.start}-${range.end}/${size}` }),
  });
  if (request.method === "HEAD") {
    response.end();
    return 0;
  }
  return sendBody(response, part, file.disturbance ?? {});
}

async function sendBody(response: ServerResponse, body: Buffer, disturbance: Disturbance): Promise<number> {
  const { dropAfterBytes = Number.POSITIVE_INFINITY, bytesPerSecond } = disturbance;
  const until = Math.min(body.length, dropAfterBytes);
  const step = bytesPerSecond === undefined ? CHUNK_BYTES : Math.max(1, Math.floor(bytesPerSecond / 20));
  let sent = 0;
  while (sent < until && !response.destroyed) {
    const chunk = body.subarray(sent, Math.min(sent + step, until));
    await new Promise((resolve) => response.write(chunk, resolve));
    sent += chunk.length;
    if (bytesPerSecond !== undefined) await sleep((chunk.length / bytesPerSecond) * 1000);
  }
  // Flush the written data before the connection is closed.
  if (until < body.length) response.socket?.destroySoon();
  else response.end();
  return sent;
}
