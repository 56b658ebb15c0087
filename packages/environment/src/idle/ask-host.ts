import { RpcClient, RpcError } from "@seer/rpc";
import type { HostAddress } from "./gateway/host-address.ts";
import type { Undelivered } from "./gateway/undelivered.ts";

/** Why a host must not be stopped now. */
export type HostBusiness =
  | { readonly kind: "calls" }
  /** Results that nobody has got, for somebody whose connection was lost. */
  | { readonly kind: "results" }
  /** Objects that functions left in the worker, of which somebody has the references. */
  | { readonly kind: "references"; readonly count: number };

const answerMs = 10_000;
// How long clients look for a result whose connection was lost.
const resultsMs = 60_000;

/** Asks a host what it is at; undefined when nothing would be lost with it. */
export async function askHost(
  host: HostAddress,
  undelivered: Undelivered,
): Promise<HostBusiness | undefined> {
  try {
    return await ask(host, undelivered);
  } catch (error) {
    // A host that has ended has nothing to lose; one that cannot be reached may have.
    if (RpcError.isInstance(error) && error.code === "rpc/worker-died") return undefined;
    return isGone(error) ? undefined : { kind: "calls" };
  }
}

async function ask(host: HostAddress, undelivered: Undelivered): Promise<HostBusiness | undefined> {
  const { url, adminToken: token } = host;
  const options = { timeoutMs: answerMs };
  await using client = await RpcClient.connect({ url, token, timeoutMs: answerMs, reconnectMs: 0 });
  const { state, running, waiting } = await client.health(options);
  if (state === "restarting" || running + waiting > 0) return { kind: "calls" };
  if (state === "failed" || state === "dead") return undefined;
  const wanted = new Set(undelivered.ids);
  const calls = wanted.size === 0 ? [] : await client.calls(options);
  const known = new Set(calls.map(({ id }) => id));
  for (const id of wanted) if (!known.has(id)) undelivered.delivered(id);
  const since = Date.now() - resultsMs;
  if (calls.some(({ id, endedAt }) => wanted.has(id) && Date.parse(endedAt ?? "") > since)) {
    return { kind: "results" };
  }
  const { length: count } = await client.refs(options);
  return count > 0 ? { kind: "references", count } : undefined;
}

function isGone(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  return cause?.code === "ECONNREFUSED";
}
