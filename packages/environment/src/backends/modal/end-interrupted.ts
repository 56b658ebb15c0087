import { setTimeout as delay } from "node:timers/promises";
import type { Sandbox } from "modal";
import type { EndReason } from "../backend.ts";
import { findByTags } from "./list-sandboxes.ts";
import { endSandbox } from "./modal-machine.ts";
import type { ModalSession } from "./session.ts";
import type { StartContext } from "./start-context.ts";
import { startTag } from "./tags.ts";
import { terminateNow } from "./terminate-now.ts";

const endMs = 15_000;

export interface Interruptible extends Disposable {
  /** Ends what is being created, or has been: now if Modal shows it, and otherwise as soon as it comes to be. */
  end(created: Promise<Sandbox>): Promise<void>;
}

/**
 * Looks after a sandbox whose id has not arrived: creating one cannot be interrupted, and goes on when its caller does
 * not wait any longer. Until this is disposed of, the end of the process ends it, too.
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

/** Modal may show it a little later than it has begun. */
async function endByTag(session: ModalSession, start: string): Promise<void> {
  const deadline = performance.now() + endMs;
  for (const pauseMs of [0, 200, 1000]) {
    await delay(pauseMs);
    const found = await findByTags(session, startTag(start));
    await Promise.all(found.map(endSandbox));
    if (found.length > 0 || performance.now() > deadline) return;
  }
}
