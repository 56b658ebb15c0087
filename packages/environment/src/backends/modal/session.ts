import type { App, ModalClient } from "modal";
import { askModal } from "./ask-modal.ts";
import { account, credentialsMissing, hasCredentials } from "./credentials.ts";

/** Modal's SDK, signed in, with the app that all sandboxes of ours belong to. */
export interface ModalSession {
  readonly client: ModalClient;
  readonly app: App;
}

const openMs = 30_000;
// Modal names the time to come back, and the SDK would come back without limit.
const throttleSeconds = 30;

let opened: { account: string; session: Promise<ModalSession> } | undefined;

/**
 * Signs in; the SDK is loaded when that happens first, and further sessions of one account are the same one.
 *
 * @throws EnvironmentError `environment/credentials-missing` or `environment/backend-unreachable`
 */
export async function openSession({
  signal,
}: {
  signal?: AbortSignal | undefined;
} = {}): Promise<ModalSession> {
  if (!hasCredentials()) throw credentialsMissing("Modal's account is not set up on this machine");
  if (opened?.account !== account()) opened = { account: account(), session: open() };
  const { session } = opened;
  session.catch(() => {
    if (opened?.session === session) opened = undefined;
  });
  return await askModal("sign in", () => session, { signal, deadlineMs: openMs });
}

/** The app that sandboxes belong to, in Modal's dashboard and for finding them. */
export function appName(): string {
  return process.env.SEER_MODAL_APP || "seer";
}

async function open(): Promise<ModalSession> {
  const { ModalClient } = await import("modal");
  const client = new ModalClient({
    // Its warnings are about itself, and would stand among what the user prints.
    ...(process.env.MODAL_LOGLEVEL ? {} : { logLevel: "error" }),
    maxThrottleWaitSecs: Number(process.env.MODAL_MAX_THROTTLE_WAIT) || throttleSeconds,
  });
  return { client, app: await client.apps.fromName(appName(), { createIfMissing: true }) };
}
