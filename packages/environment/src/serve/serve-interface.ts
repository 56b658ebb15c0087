import type { Progress } from "@seer/config";
import type { InterfaceDescription, ServedInterface } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";
import { checkInterface } from "./check-interface.ts";
import { type ExposeAs, exposeAs, type ServedAs } from "./expose-as.ts";
import { hostInterface } from "./host-interface.ts";
import type { InterfacePlaces } from "./interface-places.ts";
import type { Host } from "./start-host.ts";

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
  /** Gives the interface an address of its own; that of its host is used when absent. */
  front?: ((loaded: LoadedInterface) => Promise<Front>) | undefined;
}

export interface LoadedInterface extends Pick<InterfaceRecord, "name" | "source" | "file" | "files"> {
  readonly host: Host;
  readonly description: InterfaceDescription;
  readonly port: number | undefined;
}

/** An address before a host. */
export interface Front {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
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
  const { file, name, mode, port, signal, onProgress, secrets, places, front: frontFor } = request;
  signal?.throwIfAborted();
  const source = await checkInterface(file, name, machine.state.interfaces);
  onProgress(`Serving ${source} as ${name}`);
  const files = await places.place(machine, { source, name, signal });
  const what = { name, source, file: files[0] ?? source, files };
  const hostPort = frontFor === undefined ? port : undefined;
  let front: Front | undefined;
  try {
    return await hostInterface(
      machine,
      { ...what, port: hostPort, secrets, onProgress, signal },
      async (host, description) => {
        front = await frontFor?.({ ...what, host, description, port });
        const { url, token } = front ?? host;
        const served = { name, url, token, description };
        const exposed = await exposeAs(served, mode);
        return { value: { served, exposed }, gateway: front && { url, token } };
      },
    );
  } catch (error) {
    await front?.close();
    throw error;
  }
}
