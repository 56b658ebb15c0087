import { isIPv4 } from "node:net";
import { allowedHosts, type EgressConfig } from "@seer/config";
import { EnvironmentError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";

export interface NetworkPolicy {
  outboundCidrAllowlist: string[];
  outboundDomainAllowlist: string[];
}

/**
 * Modal's settings for limited egress. An empty list allows nothing; a missing one would allow everything of its kind.
 * `blockNetwork` would also block incoming connections to the ports.
 */
export function networkPolicy(egress: EgressConfig): NetworkPolicy | undefined {
  if (egress === true) return undefined;
  const hosts = egress === false ? [] : allowedHosts(egress.allow).map(({ host }) => host);
  return {
    outboundCidrAllowlist: hosts.filter((host) => isIPv4(host)).map((address) => `${address}/32`),
    outboundDomainAllowlist: hosts.filter((host) => !isIPv4(host)),
  };
}

function isBeyondModal(entry: string): boolean {
  const [host = "", port] = entry.split(":");
  return port !== undefined && (isIPv4(host) || port !== "443");
}

/**
 * Rejects hosts with a port of their own: Modal limits names to TLS on port 443, and addresses to no port.
 *
 * @throws EnvironmentError `environment/unsupported`
 */
export function checkPorts(plan: Plan): void {
  for (const step of plan.steps) {
    if (step.kind !== "instance" || typeof step.egress === "boolean") continue;
    const entry = step.egress.allow.find(isBeyondModal);
    if (entry === undefined) continue;
    throw new EnvironmentError(
      "environment/unsupported",
      `\`egress\` allows ${entry}, but Modal allows names on port 443 only, and addresses on all ports`,
      { hint: 'List the host without a port, or use `backend: "local"`.' },
    );
  }
}
