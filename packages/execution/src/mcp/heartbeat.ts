import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";

export type ToolCall = RequestHandlerExtra<ServerRequest, ServerNotification>;

// Clients give up on a silent call after anything from 60 s on.
const intervalMs = 10_000;

/** Tells a tool's caller at intervals that it still runs, until disposed of. */
export function heartbeat(call: ToolCall, status: () => string, everyMs: number = intervalMs): Disposable {
  const started = performance.now();
  const beat = () => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const message = `running for ${seconds} s${status()}`;
    const progressToken = call._meta?.progressToken;
    // Also without a token something has to come, or HTTP clients take the connection for dead.
    const sent = call.sendNotification(
      progressToken === undefined
        ? { method: "notifications/message", params: { level: "info", data: message } }
        : { method: "notifications/progress", params: { progressToken, progress: seconds, message } },
    );
    // A caller that has gone is noticed by whoever answers it.
    sent.catch(() => {});
  };
  const timer = setInterval(beat, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
