import { isIPv4 } from "node:net";
import type { AllowedHost } from "@seer/config";

/**
 * The addresses at which a network namespace reaches its allowed hosts: that of the host if it is one, otherwise a
 * loopback address, which `hostsFile` gives to the name.
 */
export function hostAddresses(hosts: readonly AllowedHost[]): [host: AllowedHost, address: string][] {
  const taken = new Set(hosts.map(({ host }) => host));
  let last = 0;
  const next = (): string => {
    last += 1;
    const address = `127.1.${last >> 8}.${last & 255}`;
    return taken.has(address) ? next() : address;
  };
  return hosts.map((allowed) => [allowed, isIPv4(allowed.host) ? allowed.host : next()]);
}

/** The content of /etc/hosts for programs in such a namespace. */
export function hostsFile(hosts: readonly AllowedHost[]): string {
  const names = hostAddresses(hosts).filter(([{ host }, address]) => host !== address);
  return ["127.0.0.1 localhost", ...names.map(([{ host }, address]) => `${address} ${host}`), ""].join("\n");
}
