import { RpcClient, type ServedInterface } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";

const answerMs = 10_000;

/** The interfaces that a sandbox serves, asked anew; one whose host is gone is left out. */
export async function takeUpInterfaces(machine: Machine): Promise<ServedInterface[]> {
  const served = await Promise.all(machine.state.interfaces.map(takeUp));
  return served.filter((one) => one !== undefined);
}

async function takeUp({ name, url, token, gateway }: InterfaceRecord): Promise<ServedInterface | undefined> {
  // The owner's address for it is there for as long as the owner is.
  if (gateway !== undefined) return (await ask(name, gateway)) ?? (await ask(name, { url, token }));
  return await ask(name, { url, token });
}

async function ask(
  name: string,
  { url, token }: { url: string; token: string },
): Promise<ServedInterface | undefined> {
  try {
    await using client = await RpcClient.connect({ url, token, timeoutMs: answerMs });
    return { name, url, token, description: await client.describe({ timeoutMs: answerMs }) };
  } catch {
    return undefined;
  }
}
