import type { IncomingHttpHeaders } from "node:http";

/** A request, read as far as routes need it. */
export interface Request {
  method: string;
  /** Not decoded, because a revision may hold a slash. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** The bearer token, if there is one. */
  token: string | undefined;
  body: Buffer;
}

/** One request as tests see it. */
export interface RecordedRequest {
  method: string;
  path: string;
  range?: string;
  hasToken: boolean;
  /** 0 until it is answered. */
  status: number;
  /** Bytes of a file that went out, which is less than asked for when the connection broke. */
  bytes: number;
}
