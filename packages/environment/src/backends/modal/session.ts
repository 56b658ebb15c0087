import type { App, ModalClient } from "modal";
import { callModal } from "./call-modal.ts";
import { account, credentialsMissing, hasCredentials } from "./credentials.ts";

/** An authenticated client of Modal's SDK, and the app that contains Seer's sandboxes. */
export interface ModalSession {
  readonly client: ModalClient;
  readonly app: App;
}

const openMs = 30_000;
// Limits how long the SDK waits when Modal throttles it; by default, there is no limit.
const throttleSeconds = 30;

let opened: { account: string; session: Promise<ModalSession> } | undefined;

/**
 * Opens a session. Loads the SDK at the first call; later calls with the same account share the session.
 *
 * @throws EnvironmentError `environment/credentials-missing` or `environment/backend-unreachable`
 */
export async function openSession({
  signal,
}: {
  signal?: AbortSignal | undefined;
} = {}): Promise<ModalSession> {
  if (!hasCredentials()) throw credentialsMissing("No Modal account is configured on this machine");
  if (opened?.account !== account()) opened = { account: account(), session: open() };
  const { session } = opened;
  session.catch(() => {
    if (opened?.session === session) opened = undefined;
  });
  return await callModal("sign in", () => session, { signal, deadlineMs: openMs });
}

/** The Modal app that contains Seer's sandboxes. */
export function appName(): string {
  return process.env.SEER_MODAL_APP || "seer";
}

async function open(): Promise<ModalSession> {
  const { ModalClient } = await import("modal");
  const client = new ModalClient({
    // Suppress the SDK's own warnings, which would be mixed with the user's output.
    ...(process.env.MODAL_LOGLEVEL ? {} : { logLevel: "error" }),
    maxThrottleWaitSecs: Number(process.env.MODAL_MAX_THROTTLE_WAIT) || throttleSeconds,
  });
  return { client, app: await client.apps.fromName(appName(), { createIfMissing: true }) };
}
