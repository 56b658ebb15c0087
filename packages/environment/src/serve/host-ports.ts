import type { HostOptions } from "@seer/rpc/launch";
import { EnvironmentError } from "../errors.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";

/**
 * Returns the ports on which a host may listen, in the order in which to try them; undefined means any free port.
 *
 * @throws EnvironmentError `environment/port-unavailable`
 */
export async function portsToTry(
  instance: SandboxInstance,
  requested: number | undefined,
): Promise<readonly (number | undefined)[]> {
  const { ports, state } = instance;
  if (requested !== undefined || ports === undefined) return [requested];
  const taken = new Set([...state.interfaces, ...state.services].map(({ url }) => new URL(url).host));
  const free: number[] = [];
  for (const port of ports) if (!taken.has(new URL(await instance.urlOf(port)).host)) free.push(port);
  if (free.length > 0) return free;
  throw new EnvironmentError(
    "environment/port-unavailable",
    `All ${ports.length} ports of the sandbox are in use: ${state.interfaces.map(({ name }) => name).join(", ")}`,
    { hint: "Serve more functions from one interface file, or start another sandbox." },
  );
}

/** Host options for listening on a port so that it can be reached from outside the sandbox. */
export async function listenerFor(
  instance: SandboxInstance,
  port: number,
): Promise<Pick<HostOptions, "port" | "address" | "allowedHosts">> {
  if (instance.ports === undefined) return { port };
  // Modal's tunnel connects to the container's network interface and keeps the public hostname in requests.
  return { port, address: "0.0.0.0", allowedHosts: [new URL(await instance.urlOf(port)).hostname] };
}
