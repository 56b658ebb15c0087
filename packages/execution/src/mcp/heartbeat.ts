import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import type { ServerNotification, ServerRequest } from "@modelcontextprotocol/sdk/types.js";

export type ToolCall = RequestHandlerExtra<ServerRequest, ServerNotification>;

// Some clients time out after 60 s without a message.
const intervalMs = 10_000;

/** Sends messages to a tool's caller at intervals, until disposed of, so that the caller does not time out. */
export function heartbeat(call: ToolCall, status: () => string, everyMs: number = intervalMs): Disposable {
  const started = performance.now();
  const beat = () => {
    const seconds = Math.round((performance.now() - started) / 1000);
    const message = `running for ${seconds} s${status()}`;
    const progressToken = call._meta?.progressToken;
    // Without a progress token, a log message keeps HTTP clients from closing the connection.
    const sent = call.sendNotification(
      progressToken === undefined
        ? { method: "notifications/message", params: { level: "info", data: message } }
        : { method: "notifications/progress", params: { progressToken, progress: seconds, message } },
    );
    // The handler notices by itself that the caller has disconnected.
    sent.catch(() => {});
  };
  const timer = setInterval(beat, everyMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
