import { RpcClient, type ServedInterface } from "@seer/rpc";
import type { SandboxInstance } from "../runtime/sandbox-instance.ts";
import type { InterfaceRecord } from "../runtime/sandbox-state.ts";
import { allowCalls } from "./allow-calls.ts";

const requestTimeoutMs = 10_000;

/** Queries the interfaces that a sandbox serves. Omits those that are still loading or whose host has ended. */
export async function attachInterfaces(instance: SandboxInstance): Promise<ServedInterface[]> {
  const loaded = instance.state.interfaces.filter(({ loading }) => !loading);
  const served = await Promise.all(loaded.map(attach));
  const present = served.filter((one) => one !== undefined);
  for (const { url } of present) {
    const allowed = allowCalls(url);
    void instance.ended.then(() => allowed[Symbol.dispose]());
  }
  return present;
}

async function attach({ name, url, token, gateway }: InterfaceRecord): Promise<ServedInterface | undefined> {
  // The owner's address works as long as the owner lives; otherwise use the host's own.
  if (gateway !== undefined) return (await query(name, gateway)) ?? (await query(name, { url, token }));
  return await query(name, { url, token });
}

async function query(
  name: string,
  { url, token }: { url: string; token: string },
): Promise<ServedInterface | undefined> {
  try {
    await using client = await RpcClient.connect({ url, token, timeoutMs: requestTimeoutMs });
    return { name, url, token, description: await client.describe({ timeoutMs: requestTimeoutMs }) };
  } catch {
    return undefined;
  }
}
