import type { Sandbox } from "modal";
import type { SandboxInfo } from "../backend.ts";
import { askModal } from "./ask-modal.ts";
import { endSandbox } from "./modal-machine.ts";
import type { ModalSession } from "./session.ts";
import { isOwnerAlive, marker, type Tags, unpackTags } from "./tags.ts";

/** A sandbox of ours on Modal. */
export interface Ours {
  readonly sandbox: Sandbox;
  readonly tags: Tags;
}

/** All that run or wait to; those whose start will never come to its end are ended, and left out. */
export async function findOurs(session: ModalSession): Promise<Ours[]> {
  const found = await findByTags(session, marker);
  const ours = await Promise.all(found.map(describe));
  return defined(await Promise.all(ours.map(endIfOrphaned)));
}

/** The sandboxes with these tags that run, or wait to. */
export async function findByTags(
  { client, app }: ModalSession,
  tags: Readonly<Record<string, string>>,
): Promise<Sandbox[]> {
  return await askModal("list sandboxes", async () => {
    const found: Sandbox[] = [];
    for await (const sandbox of client.sandboxes.list({ appId: app.appId, tags: { ...tags } }))
      found.push(sandbox);
    return found;
  });
}

export function infoOf({ sandbox, tags }: Ours): SandboxInfo {
  const { name, kind, state, createdAt, gpu, gpuCount, interfaces, owner } = tags;
  const isAlive = isOwnerAlive(owner);
  return {
    id: sandbox.sandboxId,
    name: name ?? sandbox.sandboxId,
    backend: "modal",
    kind,
    state,
    createdAt,
    uptimeMs: Date.now() - createdAt.getTime(),
    isolation: "remote",
    gpu,
    gpuCount,
    interfaces,
    ownerPid: isAlive === undefined ? undefined : owner.pid,
    // Of one on another machine only the lease can tell, and would have ended the sandbox.
    ownerAlive: isAlive ?? true,
  };
}

async function describe(sandbox: Sandbox): Promise<Ours | undefined> {
  // One may end in between.
  const tags = await askModal("read tags", () => sandbox.getTags()).catch(() => ({}));
  const unpacked = unpackTags(tags);
  return unpacked && { sandbox, tags: unpacked };
}

/** A sandbox that has started has its lease; one that waits for a machine, or fetches weights, has only its owner. */
async function endIfOrphaned(ours: Ours | undefined): Promise<Ours | undefined> {
  if (ours === undefined) return undefined;
  const { state, purpose, owner } = ours.tags;
  const needsOwner = state === "starting" || purpose === "weights";
  if (!needsOwner || isOwnerAlive(owner) !== false) return ours;
  await endSandbox(ours.sandbox);
  return undefined;
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
