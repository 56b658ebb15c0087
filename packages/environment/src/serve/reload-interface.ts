import type { Progress } from "@seer/config";
import { type InterfaceDescription, RpcClient } from "@seer/rpc";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceRecord } from "../runtime/sandbox-state.ts";
import { checkInterface } from "./check-interface.ts";
import type { InterfaceUploads, Replacement } from "./interface-uploads.ts";
import { loadError } from "./load-error.ts";

export interface ReloadRequest {
  record: InterfaceRecord;
  uploads: InterfaceUploads;
  /** Reload even if no file was edited. */
  force: boolean;
  onProgress: Progress;
  signal: AbortSignal | undefined;
}

/**
 * Describes a served interface, after reloading its files if they were edited. It keeps its address and token, and the
 * previous version finishes its calls.
 *
 * @throws EnvironmentError `environment/interface-failed`, with Python's traceback. The previous version then continues
 * to serve, and its files are restored in the sandbox.
 */
export async function reloadInterface(
  instance: SandboxInstance,
  { record, uploads, force, onProgress, signal }: ReloadRequest,
): Promise<InterfaceDescription> {
  const { name, source, url, adminToken } = record;
  const others = instance.state.interfaces.filter((other) => other.name !== name);
  await checkInterface(source, name, others);
  await using client = await RpcClient.connect({ url, token: adminToken, signal });
  const replacement = await uploads.replace(instance, record, { force, signal });
  if (replacement === undefined) return await client.describe({ signal });
  onProgress(`Reloading ${source} as ${name}`);
  const description = await reload(instance, client, replacement, { record, onProgress, signal });
  const functions = description.functions.map((fn) => fn.name).join(", ");
  onProgress(`Serving ${name}, revision ${description.revision}: ${functions}`);
  return description;
}

/** Makes the host load the files, and keeps the files in the sandbox consistent with the served version. */
async function reload(
  instance: SandboxInstance,
  client: RpcClient,
  { files, digest, undo }: Replacement,
  { record, onProgress, signal }: Pick<ReloadRequest, "record" | "onProgress" | "signal">,
): Promise<InterfaceDescription> {
  const recordFiles = () =>
    instance.updateInterfaces((all) =>
      all.map((other) => (other.token === record.token ? { ...other, files, digest } : other)),
    );
  let before: number | undefined;
  let description: InterfaceDescription;
  try {
    before = (await client.health({ signal })).revision;
    description = await client.reload({ signal });
  } catch (error) {
    const now = await client.health().catch(() => undefined);
    // Loading may have succeeded just before the connection was lost or `signal` was aborted.
    const hasLoaded = before !== undefined && now?.revision !== undefined && now.revision > before;
    await (hasLoaded ? recordFiles() : undo()).catch(({ message }: Error) =>
      onProgress(`The files of ${record.name} in the sandbox may differ from the served version: ${message}`),
    );
    signal?.throwIfAborted();
    const serves = now?.state === "idle" || now?.state === "busy";
    throw loadError(error, record.source, serves ? "; the previous version is still served" : "");
  }
  await recordFiles();
  return description;
}
