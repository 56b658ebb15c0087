import { RpcClient, type ServedInterface } from "@seer/rpc";
import type { InterfaceRecord, Machine } from "../backends/backend.ts";

const answerMs = 10_000;

/** The interfaces that a sandbox serves, asked anew; one whose host is gone is left out. */
export async function takeUpInterfaces(machine: Machine): Promise<ServedInterface[]> {
  const served = await Promise.all(machine.state.interfaces.map(takeUp));
  return served.filter((one) => one !== undefined);
}

async function takeUp({ name, url, token }: InterfaceRecord): Promise<ServedInterface | undefined> {
  try {
    await using client = await RpcClient.connect({ url, token, timeoutMs: answerMs });
    return { name, url, token, description: await client.describe({ timeoutMs: answerMs }) };
  } catch {
    return undefined;
  }
}
