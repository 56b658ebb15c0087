import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { walk } from "@seer/config";
import type { ModelSource } from "../../../plan/plan.ts";
import { hubVariables } from "./hub-access.ts";

export interface VersionOptions {
  /** Hub token, for gated and private models. */
  token: string | undefined;
  signal?: AbortSignal | undefined;
}

const hubTimeoutMs = 10_000;

/**
 * Returns an identifier of the exact files of a model: the commit for the hub, or the configured revision if the commit
 * cannot be resolved here; a hash of the content for a directory.
 */
export async function versionOf(source: ModelSource, options: VersionOptions): Promise<string> {
  if (source.from === "directory") return await contentHash(source.directory, options.signal);
  const revision = source.revision ?? "main";
  if (/^[0-9a-f]{40}$/.test(revision)) return revision;
  return (await commitOf(source.id, revision, options)) ?? revision;
}

/** Ignores errors, because the download reports them better. */
async function commitOf(
  id: string,
  revision: string,
  { token, signal }: VersionOptions,
): Promise<string | undefined> {
  const hub = hubVariables().HF_ENDPOINT ?? "https://huggingface.co";
  const url = `${hub.replace(/\/$/, "")}/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const deadline = AbortSignal.timeout(hubTimeoutMs);
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
  for await (const { path, realPath, isDirectory } of walk(directory)) {
    if (isDirectory) continue;
    hash.update(JSON.stringify([path, (await stat(realPath)).size]));
    await addFile(hash, realPath, signal);
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
