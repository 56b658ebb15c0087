import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "modal";
import type { EndReason } from "../../runtime/sandbox-instance.ts";
import { findByTags } from "./list-sandboxes.ts";
import { endSandbox } from "./modal-instance.ts";
import type { ModalSession } from "./session.ts";
import type { StartContext } from "./start-context.ts";
import { startTag } from "./tags.ts";
import { terminateNow } from "./terminate-now.ts";

const searchMs = 15_000;

export interface Interruptible extends Disposable {
  /** Ends the sandbox: at once if Modal lists it, and otherwise as soon as its creation completes. */
  end(created: Promise<Sandbox>): Promise<void>;
}

/**
 * Ends a sandbox whose creation is interrupted before its ID is known. Creation cannot be cancelled and continues after
 * the caller has given up. Until this is disposed of, the exit of this process ends the sandbox too.
 */
export function endInterrupted({ session, options, start }: StartContext): Interruptible {
  const { promise: ended, resolve } = Promise.withResolvers<EndReason>();
  options.onPending?.({ ended, terminateNow: () => terminateNow({ tags: startTag(start) }) });
  return {
    async end(created) {
      void created.then(endSandbox).catch(() => {});
      await endByTag(session, start).catch(() => {});
    },
    [Symbol.dispose]: () => resolve("terminated"),
  };
}

/** Retries, because Modal may list a new sandbox with a delay. */
async function endByTag(session: ModalSession, start: string): Promise<void> {
  const deadline = performance.now() + searchMs;
  for (const pauseMs of [0, 200, 1000]) {
    await delay(pauseMs);
    const found = await findByTags(session, startTag(start));
    await Promise.all(found.map(endSandbox));
    if (found.length > 0 || performance.now() > deadline) return;
  }
}
