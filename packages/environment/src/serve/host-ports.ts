import type { HostOptions } from "@seer/rpc/launch";
import type { Machine } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";

/**
 * The ports on which a host may listen, in the order in which to try them; undefined is any that is free.
 *
 * @throws EnvironmentError `environment/port-unavailable`
 */
export async function portsToTry(
  machine: Machine,
  wanted: number | undefined,
): Promise<readonly (number | undefined)[]> {
  const { ports, state } = machine;
  if (wanted !== undefined || ports === undefined) return [wanted];
  const taken = new Set([...state.interfaces, ...state.services].map(({ url }) => new URL(url).host));
  const free: number[] = [];
  for (const port of ports) if (!taken.has(new URL(await machine.urlOf(port)).host)) free.push(port);
  if (free.length > 0) return free;
  throw new EnvironmentError(
    "environment/port-unavailable",
    `All ${ports.length} ports of the sandbox are in use: ${state.interfaces.map(({ name }) => name).join(", ")}`,
    { hint: "Serve more functions from one interface file, or start another sandbox." },
  );
}

/** How a host listens on a port so that the outside reaches it, in the words of its configuration. */
export async function listenerFor(
  machine: Machine,
  port: number,
): Promise<Pick<HostOptions, "port" | "address" | "allowedHosts">> {
  if (machine.ports === undefined) return { port };
  // What leads to the port from outside ends somewhere in the sandbox's network, and keeps the name that it was called by.
  return { port, address: "0.0.0.0", allowedHosts: [new URL(await machine.urlOf(port)).hostname] };
}
