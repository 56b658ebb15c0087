import { setTimeout as delay } from "node:timers/promises";
import { callModal, isModalError } from "../call-modal.ts";
import type { ModalSession } from "../session.ts";

const pollMs = 2000;

/** Waits until no sandbox has this name. It may belong to a process on another machine. */
export async function waitForSandbox(
  { client, app }: ModalSession,
  name: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (;;) {
    const find = () => client.sandboxes.fromName(app.name ?? "", name);
    try {
      const sandbox = await callModal("find a sandbox", find, { signal });
      if ((await callModal("look after a sandbox", () => sandbox.poll(), { signal })) !== null) return;
    } catch (error) {
      if (isModalError(error, "NotFoundError")) return;
      throw error;
    }
    await delay(pollMs, undefined, { signal });
  }
}
