import { EnvironmentError } from "../../errors.ts";
import type { Backend } from "../../runtime/backend.ts";
import type { SandboxInstance } from "../../runtime/sandbox-instance.ts";
import type { SandboxInfo } from "../../runtime/sandbox-state.ts";
import type { SnapshotRecord } from "../../runtime/snapshot-record.ts";
import { callModal, isModalError, status, statusOf } from "./call-modal.ts";
import { hasCredentials } from "./credentials.ts";
import { endReason } from "./lease-renewer.ts";
import { findSeerSandboxes, infoOf } from "./list-sandboxes.ts";
import { ModalInstance } from "./modal-instance.ts";
import { appName, type ModalSession, openSession } from "./session.ts";
import { sandboxDisk, startSandbox } from "./start-sandbox.ts";
import { unpackTags } from "./tags.ts";

/** Runs sandboxes on Modal. Without a configured account, lists are empty and the SDK is not loaded. */
export const modalBackend: Backend = {
  name: "modal",
  disk: sandboxDisk,
  start: startSandbox,
  attach,
  list,
  removeSnapshot,
};

async function attach(idOrName: string): Promise<SandboxInstance> {
  if (!hasCredentials()) throw notFound(idOrName);
  const session = await openSession();
  const sandbox = await callModal("find a sandbox", () => find(session, idOrName)).catch(ifNone);
  const tags =
    sandbox && unpackTags((await callModal("read tags", () => sandbox.getTags()).catch(ifNone)) ?? {});
  if (sandbox === undefined || tags?.purpose !== "sandbox" || tags.state !== "running")
    throw notFound(idOrName);
  if ((await endReason(sandbox)) !== undefined) throw notFound(idOrName);
  return await ModalInstance.attach(sandbox, tags);
}

async function find({ client }: ModalSession, idOrName: string) {
  return idOrName.startsWith("sb-")
    ? await client.sandboxes.fromId(idOrName)
    : await client.sandboxes.fromName(appName(), idOrName);
}

async function list(): Promise<SandboxInfo[]> {
  if (!hasCredentials()) return [];
  const tagged = await findSeerSandboxes(await openSession());
  return tagged.filter(({ tags }) => tags.purpose === "sandbox").map(infoOf);
}

async function removeSnapshot({ content }: SnapshotRecord): Promise<void> {
  if (content.kind !== "image") return;
  const { client } = await openSession();
  await callModal("remove a snapshot", () => client.images.delete(content.imageId)).catch(ifNone);
}

function ifNone(error: unknown): undefined {
  if (isNotFound(error)) return undefined;
  throw error;
}

function isNotFound(error: unknown): boolean {
  const code = statusOf(error);
  if (code === status.notFound || code === status.invalidArgument) return true;
  return isModalError(error, "NotFoundError", "InvalidError");
}

function notFound(idOrName: string): EnvironmentError {
  return new EnvironmentError("environment/not-found", `No sandbox ${idOrName} is running on Modal`, {
    hint: "`Sandbox.list()` returns the running sandboxes.",
  });
}
