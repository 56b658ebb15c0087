import type { Progress } from "@seer/config";
import { type InterfaceDescription, RpcClient, type ServedInterface } from "@seer/rpc";
import type { Machine } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { checkInterface } from "./check-interface.ts";
import { type ExposeAs, exposeAs, type ServedAs } from "./expose-as.ts";
import { followLog } from "./follow-log.ts";
import type { InterfacePlaces } from "./interface-places.ts";
import { loadError } from "./load-error.ts";
import { type Host, hostLog, startHost } from "./start-host.ts";

export interface ServeRequest<Mode extends ExposeAs> {
  file: string;
  mode: Mode;
  name: string;
  port: number | undefined;
  /** Values to mask. */
  secrets: readonly string[];
  places: InterfacePlaces;
  onProgress: Progress;
  signal: AbortSignal | undefined;
}

/**
 * Serves an interface file from a sandbox, and waits until it is loaded. When that fails, nothing of it is left running.
 *
 * @throws EnvironmentError `environment/interface-failed`, with Python's traceback
 */
export async function serveInterface<Mode extends ExposeAs>(
  machine: Machine,
  request: ServeRequest<Mode>,
): Promise<{ served: ServedInterface; exposed: ServedAs[Mode] }> {
  const { file, name, mode, port, signal, onProgress, secrets, places } = request;
  signal?.throwIfAborted();
  const source = await checkInterface(file, name, machine.state.interfaces);
  onProgress(`Serving ${source} as ${name}`);
  const files = await places.place(machine, { source, name, signal });
  const placed = files[0] ?? source;
  const host = await startHost(machine, { name, file: placed, secrets, port });
  try {
    const description = await loaded(machine, host, { name, source, onProgress, signal });
    const served = { name, url: host.url, token: host.token, description };
    const exposed = await exposeAs(served, mode);
    const { url, token, adminToken } = host;
    const record = { name, source, file: placed, files, url, token, adminToken };
    await machine.updateInterfaces((all) => [...all, record]);
    await host.process.detach();
    onProgress(`Serving ${name}: ${description.functions.map((fn) => fn.name).join(", ")}`);
    return { served, exposed };
  } catch (error) {
    host.process.kill();
    await host.process.exited.catch(() => {});
    await machine
      .updateInterfaces((all) => all.filter((record) => record.token !== host.token))
      .catch(() => {});
    throw error;
  }
}

interface LoadOptions {
  name: string;
  source: string;
  onProgress: Progress;
  signal: AbortSignal | undefined;
}

async function loaded(machine: Machine, host: Host, options: LoadOptions): Promise<InterfaceDescription> {
  const { name, source, onProgress, signal } = options;
  const stopFollowing = await followLog(machine, hostLog(name), onProgress);
  try {
    await using client = await RpcClient.connect({ url: host.url, token: host.adminToken, signal });
    return await Promise.race([client.describe({ signal }), died(host)]);
  } catch (error) {
    signal?.throwIfAborted();
    throw loadError(error, source);
  } finally {
    stopFollowing();
  }
}

async function died(host: Host): Promise<never> {
  const exitCode = await host.process.exited;
  throw new EnvironmentError(
    "environment/interface-failed",
    `The host in the sandbox ended with code ${exitCode}`,
  );
}
