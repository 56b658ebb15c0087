import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ModelSource } from "../../../plan/plan.ts";
import { walk } from "../../walk.ts";
import { hubVariables } from "./hub-access.ts";

export interface VersionOptions {
  /** For what only some may see. */
  token: string | undefined;
  signal?: AbortSignal | undefined;
}

const hubMs = 10_000;

/**
 * What tells one state of a model's files from another: for the hub the commit, or, where this machine cannot ask for
 * it, the revision as configured; for a directory a hash of its content.
 */
export async function versionOf(source: ModelSource, options: VersionOptions): Promise<string> {
  if (source.from === "directory") return await contentHash(source.directory, options.signal);
  const revision = source.revision ?? "main";
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  return (await commitOf(source.id, revision, options)) ?? revision;
}

/** What else is wrong is for the fetch to find out, which has the hub's own client. */
async function commitOf(
  id: string,
  revision: string,
  { token, signal }: VersionOptions,
): Promise<string | undefined> {
  const hub = hubVariables().HF_ENDPOINT ?? "https://huggingface.co";
  const url = `${hub.replace(/\/$/, "")}/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const deadline = AbortSignal.timeout(hubMs);
  try {
    const response = await fetch(url, {
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const { sha } = (await response.json()) as { sha?: unknown };
    return response.ok && typeof sha === "string" ? sha : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

async function contentHash(directory: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const { path, isDirectory } of walk(directory)) {
    if (isDirectory) continue;
    const file = join(directory, path);
    hash.update(JSON.stringify([path, (await stat(file)).size]));
    await addFile(hash, file, signal);
  }
  return hash.digest("hex");
}

async function addFile(hash: Hash, file: string, signal: AbortSignal | undefined): Promise<void> {
  await pipeline(
    createReadStream(file, { highWaterMark: 1024 * 1024 }),
    async (pieces) => {
      for await (const piece of pieces) hash.update(piece as Buffer);
    },
    { ...(signal === undefined ? {} : { signal }) },
  );
}
