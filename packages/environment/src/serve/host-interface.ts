import type { Progress } from "@seer/config";
import { type InterfaceDescription, RpcClient } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";
import { EnvironmentError } from "../errors.ts";
import { followLog } from "./follow-log.ts";
import { loadError } from "./load-error.ts";
import { type Host, hostLog, startHost } from "./start-host.ts";

export interface HostInterfaceRequest extends Pick<InterfaceRecord, "name" | "source" | "file" | "files"> {
  port?: number | undefined;
  /** Values to mask. */
  secrets: readonly string[];
  onProgress: Progress;
  signal: AbortSignal | undefined;
}

export interface Loaded<T> extends Pick<InterfaceRecord, "gateway"> {
  readonly value: T;
}

/**
 * Starts a host for an interface file that is in place, waits until it is loaded, and lets it go on without this
 * process. When that fails, or what is to be done with it does, nothing of it is left running.
 *
 * @throws EnvironmentError `environment/interface-failed`, with Python's traceback
 */
export async function hostInterface<T>(
  machine: Machine,
  request: HostInterfaceRequest,
  onLoaded: (host: Host, description: InterfaceDescription) => Promise<Loaded<T>>,
): Promise<T> {
  const { name, source, file, files, port, secrets, onProgress } = request;
  const host = await startHost(machine, { name, file, secrets, port });
  try {
    const description = await loaded(machine, host, request);
    const { value, gateway } = await onLoaded(host, description);
    const { url, token, adminToken } = host;
    const record = { name, source, file, files, url, token, adminToken, gateway };
    await machine.updateInterfaces((all) => [...all, record]);
    await host.process.detach();
    onProgress(`Serving ${name}: ${description.functions.map((fn) => fn.name).join(", ")}`);
    return value;
  } catch (error) {
    host.process.kill();
    await host.process.exited.catch(() => {});
    await machine
      .updateInterfaces((all) => all.filter((record) => record.token !== host.token))
      .catch(() => {});
    throw error;
  }
}

async function loaded(
  machine: Machine,
  host: Host,
  { name, source, onProgress, signal }: HostInterfaceRequest,
): Promise<InterfaceDescription> {
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
