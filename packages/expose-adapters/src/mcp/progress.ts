import type { CallProgress } from "@seer/rpc";
import type { ToolCallContext } from "./call-tool.ts";

/** Clients give up on a request that is silent for long. */
const heartbeatMs = 10_000;

export interface ProgressReporter extends AsyncDisposable {
  reported(progress: CallProgress): void;
  /** The last line that the function printed says what it is at. */
  printed(text: string): void;
}

/** Tells the client how a call goes on, and at least that it does. */
export function reportProgress({ _meta, sendNotification }: ToolCallContext): ProgressReporter {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return silent;
  const began = performance.now();
  let last = 0;
  let total: number | undefined;
  let message = "";
  let sent = Promise.resolve();

  const send = (value: number) => {
    // Each must be more than the one before, whatever the function reports.
    last = Math.max(value, last + Number.EPSILON * Math.max(1, last) * 2);
    const params = {
      progressToken,
      progress: last,
      ...(total === undefined ? {} : { total }),
      message: message || `running for ${Math.round((performance.now() - began) / 1000)} s`,
    };
    sent = sent
      .then(() => sendNotification({ method: "notifications/progress", params }))
      // A client that is gone needs no progress; its going is the transport's to report.
      .catch(() => {});
    timer.refresh();
  };
  const timer = setInterval(() => send(last), heartbeatMs);

  return {
    reported(progress) {
      total = progress.total;
      message = progress.message ?? message;
      send(progress.done);
    },
    printed(text) {
      const line =
        text
          .trimEnd()
          .split(/[\r\n]/)
          .at(-1)
          ?.trim() ?? "";
      if (line !== "") message = line.slice(0, 200);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sent;
    },
  };
}

const silent: ProgressReporter = { reported() {}, printed() {}, async [Symbol.asyncDispose]() {} };
