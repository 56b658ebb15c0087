import { EnvironmentError } from "../../errors.ts";
import type { Backend, Machine, SandboxInfo, SnapshotRecord } from "../backend.ts";
import { askModal, isModalError, status, statusOf } from "./ask-modal.ts";
import { hasCredentials } from "./credentials.ts";
import { endReason } from "./hold.ts";
import { findOurs, infoOf } from "./list-sandboxes.ts";
import { ModalMachine } from "./modal-machine.ts";
import { appName, type ModalSession, openSession } from "./session.ts";
import { startSandbox } from "./start-sandbox.ts";
import { unpackTags } from "./tags.ts";

/** Sandboxes on Modal, through its SDK. Where no account is set up, there are none, and nothing of it is loaded. */
export const modalBackend: Backend = { name: "modal", start: startSandbox, attach, list, removeSnapshot };

async function attach(idOrName: string): Promise<Machine> {
  if (!hasCredentials()) throw notFound(idOrName);
  const session = await openSession();
  const sandbox = await askModal("find a sandbox", () => find(session, idOrName)).catch(ifNone);
  const tags =
    sandbox && unpackTags((await askModal("read tags", () => sandbox.getTags()).catch(ifNone)) ?? {});
  if (sandbox === undefined || tags?.purpose !== "sandbox" || tags.state !== "running")
    throw notFound(idOrName);
  if ((await endReason(sandbox)) !== undefined) throw notFound(idOrName);
  return await ModalMachine.takeUp(sandbox, tags);
}

async function find({ client }: ModalSession, idOrName: string) {
  return idOrName.startsWith("sb-")
    ? await client.sandboxes.fromId(idOrName)
    : await client.sandboxes.fromName(appName(), idOrName);
}

async function list(): Promise<SandboxInfo[]> {
  if (!hasCredentials()) return [];
  const ours = await findOurs(await openSession());
  return ours.filter(({ tags }) => tags.purpose === "sandbox").map(infoOf);
}

async function removeSnapshot({ content }: SnapshotRecord): Promise<void> {
  if (content.kind !== "image") return;
  const { client } = await openSession();
  await askModal("remove a snapshot", () => client.images.delete(content.imageId)).catch(ifNone);
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
    hint: "`Sandbox.list()` has those that are.",
  });
}
