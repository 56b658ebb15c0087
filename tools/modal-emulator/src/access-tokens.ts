import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { StatusError } from "./wire/status-error.ts";

/** Issues and checks the two kinds of JWT: one for the control service, one for each sandbox's command router. */
export class AccessTokens {
  readonly #key = randomBytes(32);
  readonly #lifetimeMs: number;
  #expired = 0;

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  /** Makes the next router tokens expired from the start, as a slow client meets them. */
  issueExpired(times: number): void {
    this.#expired += times;
  }

  issueAuth(): string {
    return this.#issue("control", this.#lifetimeMs);
  }

  issueRouter(taskId: string): string {
    if (this.#expired === 0) return this.#issue(taskId, this.#lifetimeMs);
    this.#expired--;
    return this.#issue(taskId, -1000);
  }

  checkAuth(token: string | undefined): void {
    this.#check(token, "control");
  }

  checkRouter(authorization: string | undefined, taskId: string): void {
    this.#check(authorization?.replace(/^Bearer /, ""), taskId);
  }

  /** Real time, not the emulated clock's: clients compare `exp` with their own clock. */
  #issue(subject: string, lifetimeMs: number): string {
    const exp = Math.floor((Date.now() + lifetimeMs) / 1000);
    const body = [
      { alg: "HS256", typ: "JWT" },
      { sub: subject, exp },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${body}.${this.#sign(body)}`;
  }

  #check(token: string | undefined, subject: string): void {
    const [header = "", payload = "", signature = ""] = (token ?? "").split(".");
    const expected = Buffer.from(this.#sign(`${header}.${payload}`));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new StatusError("UNAUTHENTICATED", "Token missing or not ours");
    }
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { sub: string; exp: number };
    if (claims.sub !== subject) throw new StatusError("UNAUTHENTICATED", "Token is for something else");
    if (claims.exp * 1000 <= Date.now()) throw new StatusError("UNAUTHENTICATED", "Token has expired");
  }

  #sign(body: string): string {
    return createHmac("sha256", this.#key).update(body).digest("base64url");
  }
}
