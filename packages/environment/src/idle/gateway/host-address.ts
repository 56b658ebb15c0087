/** A host that is running now. */
export interface HostAddress {
  readonly url: string;
  readonly token: string;
  readonly adminToken: string;
}

/** The address of one of a host's resources; its URL may have a path of its own. */
export function resourceOf({ url }: HostAddress, path: string): URL {
  return new URL(`${url.replace(/\/$/, "")}${path}`);
}
