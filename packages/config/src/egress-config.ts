import { isIPv4 } from "node:net";
import { z } from "zod";

/** A host that a sandbox may connect to: a lower-case DNS name or an IPv4 address, and TCP ports. */
export interface AllowedHost {
  readonly host: string;
  readonly ports: readonly number[];
}

// Each entry opens up to two listening sockets.
const mostEntries = 100;
const defaultPorts = [80, 443];
const longestName = 253;
const label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";
const dnsName = new RegExp(`^${label}(\\.${label})*$`);
// Resolvers read such a name as an address: `127.1` and `0x7f000001` are 127.0.0.1.
const numericName = /(^|\.)(\d+|0x[0-9a-f]*)$/;

const hostEntry = z
  .string()
  .toLowerCase()
  .superRefine((entry, context) => {
    const problem = problemWith(entry);
    if (problem === undefined) return;
    const message = `${JSON.stringify(entry)} ${problem}`;
    context.addIssue({ code: "custom", message });
  });

export const egressConfigSchema = z.union(
  [
    z.boolean(),
    z.strictObject({
      /** Such as `"huggingface.co"`, which means its ports 80 and 443, `"api.example.com:8443"` or `"192.0.2.7"`. */
      allow: z
        .array(hostEntry)
        .min(1, "expected at least one host; `egress: false` allows none")
        // Not `max`, whose error a union would replace with its own.
        .refine((allow) => allow.length <= mostEntries, `expected at most ${mostEntries} hosts`),
    }),
  ],
  'expected true, false or a list of hosts such as `{ allow: ["huggingface.co"] }`',
);

/** Which hosts code in a sandbox can connect to: all, none, or those listed. */
export type EgressConfig = z.output<typeof egressConfigSchema>;

/** The hosts of a valid list, each once, with all its ports. */
export function allowedHosts(allow: readonly string[]): AllowedHost[] {
  const ports = new Map<string, Set<number>>();
  for (const entry of allow) {
    const [host, port] = split(entry);
    const known = ports.get(host) ?? new Set();
    for (const one of port === undefined ? defaultPorts : [Number(port)]) known.add(one);
    ports.set(host, known);
  }
  return [...ports].map(([host, numbers]) => ({ host, ports: [...numbers] }));
}

function split(entry: string): [host: string, port?: string] {
  const [host = "", port] = entry.split(":");
  return port === undefined ? [host] : [host, port];
}

/** Why an entry cannot be allowed, and what to do instead. */
function problemWith(entry: string): string | undefined {
  if (entry.includes("*")) return "is a pattern: list each host";
  if (/^[0-9.]+\/\d+$/.test(entry)) return "is a range of addresses: list each host";
  if (entry.includes("/")) return "is a URL or a path: list its host";
  if (/^\[|:.*:/.test(entry)) return "is an IPv6 address: list the host's name or IPv4 address";
  const [host, port] = split(entry);
  if (port !== undefined && !isPort(port)) return "has no valid port: use a number from 1 to 65535, or none";
  if (isIPv4(host)) {
    const first = Number(host.split(".")[0]);
    return first === 0 || first >= 224 ? "is not the address of one host: list each host" : undefined;
  }
  if (host.length > longestName || !dnsName.test(host) || numericName.test(host))
    return "is not a host: list a DNS name such as `huggingface.co` or an IPv4 address, without anything else";
  return undefined;
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}
