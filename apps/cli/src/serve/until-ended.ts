import { setTimeout } from "node:timers/promises";
import { RpcClient, RpcError, type ServedInterface } from "@seer/rpc";
import { CliError } from "../errors.ts";

const probeEveryMs = 2000;

/**
 * Waits until the signal is aborted.
 *
 * @throws CliError `cli/ended` when what is served ends by itself before that, such as by `seer stop`
 */
export async function untilEnded(served: ServedInterface, signal: AbortSignal): Promise<void> {
  try {
    await using client = await RpcClient.connect({ url: served.url, token: served.token, signal });
    for (;;) {
      await setTimeout(probeEveryMs, undefined, { signal });
      await client.health({ signal, timeoutMs: 30_000 });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!RpcError.isInstance(error) || error.code !== "rpc/unreachable") throw error;
    throw new CliError("cli/ended", `${served.name} is not served any more: its sandbox has ended`);
  }
}
