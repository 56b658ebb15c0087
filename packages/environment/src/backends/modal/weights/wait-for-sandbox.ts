import { setTimeout as delay } from "node:timers/promises";
import { askModal, isModalError } from "../ask-modal.ts";
import type { ModalSession } from "../session.ts";

const pollMs = 2000;

/** Waits until no sandbox has a name any more. Who has it may be on another machine, and has a lease. */
export async function waitForSandbox(
  { client, app }: ModalSession,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const find = () => client.sandboxes.fromName(app.name ?? "", name);
    try {
      const sandbox = await askModal("find a sandbox", find, { signal });
      if ((await askModal("look after a sandbox", () => sandbox.poll(), { signal })) !== null) return;
    } catch (error) {
      if (isModalError(error, "NotFoundError")) return;
      throw error;
    }
    await delay(pollMs, undefined, { signal });
  }
}
