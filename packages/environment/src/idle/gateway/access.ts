import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Refusal, refusal } from "./refusal.ts";

export type Rights = "call" | "admin";

/** The tokens of a gateway, and what else a request must say, which is what a host asks for too. */
export class Access {
  readonly token = newToken();
  readonly adminToken = newToken();
  readonly #call = digest(this.token);
  readonly #admin = digest(this.adminToken);

  check(headers: IncomingHttpHeaders): Rights | Refusal {
    if (headers.origin !== undefined) return refusal("forbidden", "web pages may not call this host");
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(headers.host ?? "")) {
      return refusal("forbidden", "the Host header names another host than this");
    }
    const given = digest(/^bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1] ?? "");
    // Both are always compared, so that the time taken tells nothing about either.
    const isAdmin = timingSafeEqual(given, this.#admin);
    const isCall = timingSafeEqual(given, this.#call);
    if (isAdmin) return "admin";
    return isCall ? "call" : refusal("unauthorised", "the token is missing or wrong");
  }
}

function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Of one length, whatever was given. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
