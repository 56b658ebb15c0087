import { RpcClient, RpcError } from "@seer/rpc";
import type { HostAddress, UndeliveredResults } from "@seer/rpc/gateway";

/** Why a host must not be stopped. */
export type HostBusiness =
  | { readonly kind: "calls" }
  /** Results that a client has not received because its connection was lost. */
  | { readonly kind: "results" }
  /** Objects in the worker to which clients hold references. */
  | { readonly kind: "references"; readonly count: number };

const requestTimeoutMs = 10_000;
// How long clients try to fetch a result after their connection was lost.
const resultRetentionMs = 60_000;

/** Asks a host whether it is in use. Undefined if it can be stopped without loss. */
export async function askHost(
  host: HostAddress,
  undelivered: UndeliveredResults,
): Promise<HostBusiness | undefined> {
  try {
    return await query(host, undelivered);
  } catch (error) {
    // A host that has ended has nothing to lose; an unreachable one may be in use.
    if (RpcError.isInstance(error) && error.code === "rpc/worker-died") return undefined;
    return isGone(error) ? undefined : { kind: "calls" };
  }
}

async function query(host: HostAddress, undelivered: UndeliveredResults): Promise<HostBusiness | undefined> {
  const { url, adminToken: token } = host;
  const options = { timeoutMs: requestTimeoutMs };
  await using client = await RpcClient.connect({ url, token, timeoutMs: requestTimeoutMs, reconnectMs: 0 });
  const { state, running, waiting } = await client.health(options);
  if (state === "restarting" || running + waiting > 0) return { kind: "calls" };
  if (state === "failed" || state === "dead") return undefined;
  const pending = new Set(undelivered.ids);
  const calls = pending.size === 0 ? [] : await client.calls(options);
  const known = new Set(calls.map(({ id }) => id));
  for (const id of pending) if (!known.has(id)) undelivered.delivered(id);
  const since = Date.now() - resultRetentionMs;
  if (calls.some(({ id, endedAt }) => pending.has(id) && Date.parse(endedAt ?? "") > since)) {
    return { kind: "results" };
  }
  const { length: count } = await client.refs(options);
  return count > 0 ? { kind: "references", count } : undefined;
}

function isGone(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  return cause?.code === "ECONNREFUSED";
}
