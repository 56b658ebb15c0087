import { registerServedPort } from "@seer/rpc/launch";

/** Allows the sandboxes and sessions of this process to call an interface, even if they have no other network access. */
export function allowCalls(url: string): Disposable {
  const { hostname, port } = new URL(url);
  // Interfaces elsewhere are reached through the internet, which needs no permission here.
  return hostname === "127.0.0.1" ? registerServedPort(Number(port)) : { [Symbol.dispose]: () => {} };
}
