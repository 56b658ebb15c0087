/** A running host. */
export interface HostAddress {
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
}

/** The address of one of a host's resources; its URL may have a path of its own. */
export function resourceOf({ url }: HostAddress, path: string): URL {
  return new URL(`${url.replace(/\/$/, "")}${path}`);
}

/** Which of a host's two tokens a client holds. */
export type Rights = "call" | "admin";

export function tokenFor(rights: Rights, { token, adminToken }: HostAddress): string {
  return rights === "admin" ? adminToken : token;
}
