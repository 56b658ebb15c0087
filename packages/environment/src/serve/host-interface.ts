import type { Progress } from "@seer/config";
import { type InterfaceDescription, RpcClient } from "@seer/rpc";
import { EnvironmentError } from "../errors.ts";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceFilesRecord, InterfaceRecord } from "../runtime/sandbox-state.ts";
import { followLog } from "./follow-log.ts";
import { loadError } from "./load-error.ts";
import { type Host, startHost } from "./start-host.ts";

export interface HostInterfaceRequest extends InterfaceFilesRecord {
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
 * Starts a host for an interface file that is already in the sandbox, waits until the file is loaded, and detaches the
 * host from this process. If loading or `onLoaded` fails, no host is left running.
 *
 * @throws EnvironmentError `environment/interface-failed`, with Python's traceback
 */
export async function hostInterface<T>(
  instance: SandboxInstance,
  request: HostInterfaceRequest,
  onLoaded: (host: Host, description: InterfaceDescription) => Promise<Loaded<T>>,
): Promise<T> {
  const { name, source, file, files, digest, port, secrets, onProgress } = request;
  const host = await startHost(instance, { name, file, secrets, port });
  const { url, token, adminToken } = host;
  const record = { name, source, file, files, digest, url, token, adminToken };
  const update = (own: readonly InterfaceRecord[]) =>
    instance.updateInterfaces((all) => [...all.filter((other) => other.token !== token), ...own]);
  try {
    await update([{ ...record, loading: true }]);
    const description = await waitUntilLoaded(instance, host, request);
    const { value, gateway } = await onLoaded(host, description);
    await update([{ ...record, gateway }]);
    await host.process.detach();
    onProgress(`Serving ${name}: ${description.functions.map((fn) => fn.name).join(", ")}`);
    return value;
  } catch (error) {
    host.process.kill();
    await host.process.exited.catch(() => {});
    await update([]).catch(() => {});
    throw error;
  }
}

async function waitUntilLoaded(
  instance: SandboxInstance,
  host: Host,
  { name, source, onProgress, signal }: HostInterfaceRequest,
): Promise<InterfaceDescription> {
  using _ = await followLog(instance, {
    name,
    onLine: ({ source, text }) => {
      if (source === "worker") onProgress(`  ${text}`);
    },
  });
  try {
    await using client = await RpcClient.connect({ url: host.url, token: host.adminToken, signal });
    return await Promise.race([client.describe({ signal }), hostEnded(host)]);
  } catch (error) {
    signal?.throwIfAborted();
    throw loadError(error, source);
  }
}

async function hostEnded(host: Host): Promise<never> {
  const exitCode = await host.process.exited;
  throw new EnvironmentError(
    "environment/interface-failed",
    `The host in the sandbox ended with code ${exitCode}`,
  );
}
