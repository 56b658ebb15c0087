import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Why a request is refused. */
export interface AccessRefusal {
  readonly status: 401 | 403;
  readonly message: string;
}

export interface AccessCheckOptions<Rights extends string> {
  /** The bearer token for each kind of rights. */
  tokens: Readonly<Record<Rights, string>>;
  /**
   * Accepts an `Origin` that is the server's own address, as MCP requires. All other origins are refused.
   *
   * @default false
   */
  acceptsOwnOrigin?: boolean | undefined;
}

/** Checks the token, the `Host` and the `Origin` of requests to a server on the loopback interface. */
export class AccessCheck<Rights extends string> {
  readonly #digests: readonly (readonly [Rights, Buffer])[];
  readonly #acceptsOwnOrigin: boolean;

  constructor({ tokens, acceptsOwnOrigin = false }: AccessCheckOptions<Rights>) {
    const entries = Object.entries(tokens) as [Rights, string][];
    this.#digests = entries.map(([rights, token]) => [rights, digest(token)] as const);
    this.#acceptsOwnOrigin = acceptsOwnOrigin;
  }

  /** The rights of a request. */
  check({ host = "", origin, authorization = "" }: IncomingHttpHeaders): Rights | AccessRefusal {
    // A web page can reach the loopback interface, also through a DNS name that resolves to it.
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host)) {
      return { status: 403, message: "the Host header does not name this server" };
    }
    if (origin !== undefined && !(this.#acceptsOwnOrigin && origin === `http://${host}`)) {
      return { status: 403, message: "web pages may not call this server" };
    }
    const given = digest(/^bearer +(\S+) *$/i.exec(authorization)?.[1] ?? "");
    // Every token is compared, so that the response time reveals nothing about them.
    const [match] = this.#digests.filter(([, expected]) => timingSafeEqual(given, expected));
    return match?.[0] ?? { status: 401, message: "the bearer token is missing or wrong" };
  }
}

/** Hashes a token, because `timingSafeEqual` needs buffers of the same length. */
function digest(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
