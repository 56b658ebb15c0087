import type { Sandbox } from "modal";
import type { SandboxInfo } from "../../runtime/sandbox-state.ts";
import { callModal } from "./call-modal.ts";
import { endSandbox } from "./modal-instance.ts";
import type { ModalSession } from "./session.ts";
import { isOwnerAlive, marker, type Tags, unpackTags } from "./tags.ts";

/** A sandbox on Modal that Seer started. */
export interface TaggedSandbox {
  readonly sandbox: Sandbox;
  readonly tags: Tags;
}

/** Lists Seer's sandboxes that are running or pending. Ends and omits those whose start was abandoned. */
export async function findSeerSandboxes(session: ModalSession): Promise<TaggedSandbox[]> {
  const found = await findByTags(session, marker);
  const tagged = await Promise.all(found.map(describe));
  return defined(await Promise.all(tagged.map(endIfOrphaned)));
}

/** Lists running and pending sandboxes with these tags. */
export async function findByTags(
  { client, app }: ModalSession,
  tags: Readonly<Record<string, string>>,
): Promise<Sandbox[]> {
  return await callModal("list sandboxes", async () => {
    const found: Sandbox[] = [];
    for await (const sandbox of client.sandboxes.list({ appId: app.appId, tags: { ...tags } }))
      found.push(sandbox);
    return found;
  });
}

export function infoOf({ sandbox, tags }: TaggedSandbox): SandboxInfo {
  const { name, kind, state, createdAt, gpu, gpuCount, interfaces, loading, owner } = tags;
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
    loading,
    ownerPid: isAlive === undefined ? undefined : owner.pid,
    // Unknown for an owner on another machine. Without a living owner, its lease would have ended the sandbox.
    ownerAlive: isAlive ?? true,
  };
}

async function describe(sandbox: Sandbox): Promise<TaggedSandbox | undefined> {
  // The sandbox may have ended since it was listed.
  const tags = await callModal("read tags", () => sandbox.getTags()).catch(() => ({}));
  const unpacked = unpackTags(tags);
  return unpacked && { sandbox, tags: unpacked };
}

/** A started sandbox ends by its lease; one that is pending or fetches weights has to be ended if its owner is gone. */
async function endIfOrphaned(tagged: TaggedSandbox | undefined): Promise<TaggedSandbox | undefined> {
  if (tagged === undefined) return undefined;
  const { state, purpose, owner } = tagged.tags;
  const needsOwner = state === "starting" || purpose === "weights";
  if (!needsOwner || isOwnerAlive(owner) !== false) return tagged;
  await endSandbox(tagged.sandbox);
  return undefined;
}

function defined<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
