import { BlockList, isIPv4 } from "node:net";

/** Where a sandbox may connect to. */
export type NetworkPolicy =
  | { kind: "open" }
  | { kind: "blocked" }
  | { kind: "allowlist"; cidrs: string[]; domains: string[] };

/** Whether a policy lets a sandbox connect to a host, which is a name or an IPv4 address. */
export function allows(policy: NetworkPolicy, host: string): boolean {
  if (policy.kind !== "allowlist") return policy.kind === "open";
  return isIPv4(host) ? inRanges(policy.cidrs, host) : policy.domains.some((domain) => matches(domain, host));
}

function inRanges(cidrs: readonly string[], address: string): boolean {
  const ranges = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", bits = "32"] = cidr.split("/");
    if (isIPv4(network)) ranges.addSubnet(network, Number(bits));
  }
  return ranges.check(address);
}

function matches(domain: string, host: string): boolean {
  return domain.startsWith("*.") ? host.endsWith(domain.slice(1)) : host === domain;
}
