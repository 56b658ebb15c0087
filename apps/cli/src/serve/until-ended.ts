import { setTimeout } from "node:timers/promises";
import { raceSignal, withTimeout } from "@seer/config";
import type { ScopedSandbox } from "@seer/environment";
import { RpcClient, RpcError, type ServedInterface } from "@seer/rpc";
import { CliError } from "../errors.ts";

const probeEveryMs = 2000;
const explainMs = 5000;

/**
 * Waits until the signal is aborted.
 *
 * @throws CliError `cli/ended` if the interface or its sandbox ends before, for example through `seer stop`
 */
export async function untilEnded(
  sandbox: ScopedSandbox,
  served: ServedInterface,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  try {
    await raceSignal(Promise.race([sandbox.ended, untilUnreachable(served, until)]), signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  } finally {
    stop.abort();
  }
  // The sandbox may have ended too, which it reports a moment later.
  const reason = await withTimeout(sandbox.ended, explainMs, undefined);
  throw new CliError(
    "cli/ended",
    `${served.name} is no longer served: ${reason?.message ?? "its host in the sandbox has ended"}`,
  );
}

async function untilUnreachable({ url, token }: ServedInterface, signal: AbortSignal): Promise<void> {
  try {
    await using client = await RpcClient.connect({ url, token, signal });
    for (;;) {
      await setTimeout(probeEveryMs, undefined, { signal });
      await client.health({ signal, timeoutMs: 30_000 });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!RpcError.isInstance(error) || error.code !== "rpc/unreachable") throw error;
  }
}
