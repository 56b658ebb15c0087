import type { Progress } from "@seer/config";
import type { InterfaceDescription, ServedInterface } from "@seer/rpc";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceFilesRecord } from "../runtime/sandbox-state.ts";
import { allowCalls } from "./allow-calls.ts";
import { checkInterface } from "./check-interface.ts";
import { type ExposeAs, exposeAs, type ServedAs } from "./expose-as.ts";
import { hostInterface } from "./host-interface.ts";
import type { InterfaceUploads } from "./interface-uploads.ts";
import type { Host } from "./start-host.ts";

export interface ServeRequest<Mode extends ExposeAs> {
  file: string;
  mode: Mode;
  name: string;
  port: number | undefined;
  /** Values to mask. */
  secrets: readonly string[];
  uploads: InterfaceUploads;
  onProgress: Progress;
  signal: AbortSignal | undefined;
  /** Creates a separate address for the interface. If undefined, it has the address of its host. */
  front?: ((loaded: LoadedInterface) => Promise<Front>) | undefined;
}

export interface LoadedInterface extends InterfaceFilesRecord {
  readonly host: Host;
  readonly description: InterfaceDescription;
  readonly port: number | undefined;
}

/** An address that forwards to a host. */
export interface Front {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Serves an interface file from a sandbox, and waits until it is loaded. If this fails, nothing is left running.
 *
 * @throws EnvironmentError `environment/interface-failed`, with Python's traceback
 */
export async function serveInterface<Mode extends ExposeAs>(
  instance: SandboxInstance,
  request: ServeRequest<Mode>,
): Promise<{ served: ServedInterface; exposed: ServedAs[Mode] }> {
  const { file, name, mode, port, signal, onProgress, secrets, uploads, front: frontFor } = request;
  signal?.throwIfAborted();
  const source = await checkInterface(file, name, instance.state.interfaces);
  onProgress(`Serving ${source} as ${name}`);
  const { files, digest } = await uploads.upload(instance, { source, name, signal });
  const record = { name, source, file: files[0] ?? source, files, digest };
  const hostPort = frontFor === undefined ? port : undefined;
  let front: Front | undefined;
  try {
    return await hostInterface(
      instance,
      { ...record, port: hostPort, secrets, onProgress, signal },
      async (host, description) => {
        front = await frontFor?.({ ...record, host, description, port });
        const { url, token } = front ?? host;
        if (front === undefined) {
          const allowed = allowCalls(url);
          void instance.ended.then(() => allowed[Symbol.dispose]());
        }
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
