import { createHash, randomBytes } from "node:crypto";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const subprotocol = "seer.v1";
const longestHead = 64 * 1024;
const headEnd = "\r\n\r\n";

export interface Handshake {
  /** The bytes that ask for a WebSocket. */
  readonly request: string;
  /** What the other side must prove that it has read. */
  readonly accept: string;
}

/** The request that makes a WebSocket of an HTTP connection. */
export function handshake({ host, pathname, search }: URL, headers: Record<string, string>): Handshake {
  const key = randomBytes(16).toString("base64");
  const fields = {
    host,
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-key": key,
    "sec-websocket-version": "13",
    "sec-websocket-protocol": subprotocol,
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return {
    request: `GET ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`,
    accept: createHash("sha1").update(key).update(guid).digest("base64"),
  };
}

export interface Response {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What has come of the body, or of the frames. */
  readonly rest: Buffer;
}

/** Reads the head of an HTTP response; undefined while not all of it has come. */
export function parseResponse(data: Buffer): Response | undefined {
  const end = data.indexOf(headEnd);
  if (end === -1) {
    if (data.length > longestHead) throw new Error("the answer has a head without an end");
    return undefined;
  }
  const [first = "", ...lines] = data.toString("latin1", 0, end).split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
  if (status === undefined) throw new Error("what answers does not speak HTTP");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(status), headers, rest: data.subarray(end + headEnd.length) };
}

/** @throws Error when a response with status 101 does not begin a WebSocket of ours */
export function checkUpgrade({ headers }: Response, { accept }: Handshake): void {
  if (headers.get("upgrade")?.toLowerCase() !== "websocket")
    throw new Error("the upgrade is to something else");
  if (headers.get("sec-websocket-accept") !== accept) throw new Error("the answer is not to our request");
  if (headers.get("sec-websocket-protocol") !== subprotocol) throw new Error("the subprotocol is another");
  if (headers.has("sec-websocket-extensions")) throw new Error("an extension was not asked for");
}

/** The body of a refusal as far as it has come; whether that is all of it. */
export function refusalBody({ headers, rest }: Response): { text: string; complete: boolean } {
  if (headers.get("transfer-encoding")?.toLowerCase() === "chunked") return dechunk(rest);
  const length = headers.get("content-length");
  const complete = rest.length > longestHead || (length !== undefined && rest.length >= Number(length));
  return { text: rest.toString(), complete };
}

function dechunk(data: Buffer): { text: string; complete: boolean } {
  const parts: Buffer[] = [];
  for (let offset = 0; ; ) {
    const lineEnd = data.indexOf("\r\n", offset);
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(data.toString("latin1", offset, lineEnd), 16);
    if (size > 0) parts.push(data.subarray(lineEnd + 2, lineEnd + 2 + size));
    offset = lineEnd + 2 + size + 2;
    // Also when it is malformed: what has come is all there is to show.
    const complete = size === 0 || (lineEnd !== -1 && Number.isNaN(size));
    if (complete || lineEnd === -1 || offset > data.length) {
      return { text: Buffer.concat(parts).toString(), complete };
    }
  }
}
