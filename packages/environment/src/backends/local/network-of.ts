import { writeFile } from "node:fs/promises";
import { allowedHosts } from "@seer/config";
import { type BubblewrapOptions, hostsFile, lacksNetwork, type NetworkAccess } from "@seer/rpc/launch";
import type { InstanceStep } from "../../plan/plan.ts";
import type { StartContext } from "./start-context.ts";

const loopback = "127.0.0.1";

/** What the sandbox can connect to; undefined if it shares this machine's network. */
export function networkOf(
  { egress, docker }: InstanceStep,
  context: StartContext,
): NetworkAccess | undefined {
  if (!context.isolated) return undefined;
  if (egress === false) return { internet: false, ports: [] };
  if (egress !== true) {
    const hosts = allowedHosts(egress.allow);
    const isHere = (host: string) => host === loopback || host === "localhost";
    return {
      internet: hosts.filter(({ host }) => !isHere(host)),
      ports: hosts.flatMap(({ host, ports }) => (isHere(host) ? ports : [])),
    };
  }
  // Containers of this machine's engine publish their ports on this machine.
  const isShared = docker || lacksNetwork(context.isolation);
  return isShared ? undefined : { internet: true, ports: [] };
}

/** How bubblewrap shows that network to the sandbox. */
export async function networkView(
  network: NetworkAccess | undefined,
  { directories }: StartContext,
): Promise<BubblewrapOptions["network"]> {
  if (network === undefined) return true;
  if (typeof network.internet === "boolean") return "own";
  await writeFile(directories.hosts, hostsFile(network.internet));
  return { hosts: directories.hosts };
}
