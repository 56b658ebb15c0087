import { setTimeout } from "node:timers/promises";
import type { CallProgress, RpcClient } from "@seer/rpc";
import type { StatusLine } from "../terminal/status-line.ts";

const pollMs = 1000;

/** Shows while the called file is still loading, until disposed. */
export function watchLoading(client: RpcClient, status: StatusLine): Disposable {
  return poll(async (signal) => {
    const { name, state, lines = [] } = await client.health({ signal });
    if (state === "loading" || state === "restarting") status.show(lines.at(-1) ?? `loading ${name}`);
    return true;
  });
}

/** Shows what a call waits for, until it runs or this is disposed. */
export function watchQueue(client: RpcClient, callId: string, status: StatusLine): Disposable {
  return poll(async (signal) => {
    const record = await client.record(callId, { signal });
    if (record.state !== "waiting") {
      if (record.progress === null) status.show(`calling ${record.function}`);
      return false;
    }
    const { position } = record;
    if (position > 0) status.show(`waiting behind ${position === 1 ? "one call" : `${position} calls`}`);
    else status.show(`waiting until ${(await client.health({ signal })).name} is loaded again`);
    return true;
  });
}

export function describeProgress(fn: string, { done, total, message }: CallProgress): string {
  const amount = total === undefined ? String(done) : `${done}/${total}`;
  const parts = message === undefined ? [amount] : [amount, message];
  const countsNothing = done === 0 && total === undefined && message !== undefined;
  return `${fn}: ${countsNothing ? message : parts.join(", ")}`;
}

/** Calls `ask` every second until it returns false. Ignores failures, which must not affect the call. */
function poll(ask: (signal: AbortSignal) => Promise<boolean>): Disposable {
  const stop = new AbortController();
  const polling = async () => {
    do await setTimeout(pollMs, undefined, { signal: stop.signal });
    while (await ask(stop.signal).catch(() => true));
  };
  void polling().catch(() => {});
  return { [Symbol.dispose]: () => stop.abort() };
}
