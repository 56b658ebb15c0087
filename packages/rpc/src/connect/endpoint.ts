/** The URL and token of a host. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

export function authorisation({ token }: Endpoint): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

/** The URL of a path on the host, relative to its base URL. */
export function resource({ url }: Endpoint, path: string): URL {
  return new URL(path, url.endsWith("/") ? url : `${url}/`);
}

export function webSocketUrl(endpoint: Endpoint): URL {
  const address = resource(endpoint, "ws");
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

export function isLoopback({ url }: Endpoint): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
