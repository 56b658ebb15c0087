import { SeerError } from "@seer/config";
import { RpcError } from "@seer/rpc";
import { type Refusal, refusal } from "./refusal.ts";

/** What those are told who waited for a sandbox that could not be started again. */
export function wakeFailure(error: unknown): Refusal {
  const { message } = error as Error;
  const code = SeerError.isInstance(error) ? error.code : undefined;
  return refusal("load-failed", `The sandbox could not be started again: ${message}`, {
    traceback: tracebackOf(error) ?? null,
    hint: (SeerError.isInstance(error) ? error.hint : undefined) ?? "The next call tries again.",
    details: code === undefined ? {} : { code },
  });
}

function tracebackOf(error: unknown): string | undefined {
  if (RpcError.isInstance(error) && error.traceback !== undefined) return error.traceback;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? undefined : tracebackOf(cause);
}
