import { setTimeout as delay } from "node:timers/promises";
import { LineSplitter } from "@seer/config";
import type { ModalClient } from "modal";
import { callModal } from "../call-modal.ts";
import type { ModalSession } from "../session.ts";

export interface LayerRequest {
  /** A registry tag, or the ID of the layer below. */
  readonly from: { readonly tag: string } | { readonly imageId: string };
  readonly commands: readonly string[];
}

export interface LayerBuild {
  signal?: AbortSignal | undefined;
  /** Called if the layer is not in Modal's cache. */
  onBuild: () => void;
  onLine: (line: string) => void;
}

/** The layer's image ID, or why the build failed, with the log. */
export type BuiltLayer =
  | { readonly imageId: string }
  | { readonly failure: string; readonly status: "failed" | "interrupted"; readonly log: readonly string[] };

/**
 * Builds one layer. Unlike the SDK's `build()`, it reports the log, can be aborted, and resumes an interrupted log
 * stream; for this it uses the SDK's own connection.
 */
export async function buildLayer(
  session: ModalSession,
  request: LayerRequest,
  { signal, onBuild, onLine }: LayerBuild,
): Promise<BuiltLayer> {
  const finished = new AbortController();
  const combined = signal === undefined ? finished.signal : AbortSignal.any([signal, finished.signal]);
  try {
    const build = () => getOrBuild(session, request, { signal: combined, onBuild, onLine });
    return await callModal("build the image", build, { signal, deadlineMs });
  } finally {
    finished.abort();
  }
}

async function getOrBuild(
  { client, app }: ModalSession,
  { from, commands }: LayerRequest,
  { signal, onBuild, onLine }: LayerBuild & { signal: AbortSignal },
): Promise<BuiltLayer> {
  const isTag = "tag" in from;
  const { imageId, result: known } = await client.cpClient.imageGetOrCreate(
    {
      appId: app.appId,
      image: {
        dockerfileCommands: [`FROM ${isTag ? from.tag : "base"}`, ...commands],
        baseImages: isTag ? [] : [{ dockerTag: "base", imageId: from.imageId }],
      },
      builderVersion: await client.getImageBuilderVersion(app.environmentName),
    },
    { signal },
  );
  if (known?.status === succeeded) return { imageId };
  onBuild();
  const log: string[] = [];
  const lines = new LineSplitter((line) => {
    log.push(line);
    if (log.length > keptLines) log.shift();
    onLine(line);
  });
  const result = await followBuild(client, imageId, { signal, onText: (text) => lines.add(text) });
  lines.end();
  if (result.status === succeeded) return { imageId };
  return {
    failure: result.exception,
    status: result.status === failed ? "failed" : "interrupted",
    log,
  };
}

// Values of GenericResult.GenericStatus, which the SDK does not export.
const succeeded = 1;
const failed = 2;

// Installing PyTorch and its dependencies takes minutes.
const deadlineMs = 60 * 60_000;
// Each stream ends after this time, even if the build continues; then the next one is opened.
const streamSeconds = 55;
const maxDrops = 5;
const keptLines = 1000;

async function followBuild(
  client: ModalClient,
  imageId: string,
  { signal, onText }: { signal: AbortSignal; onText: (text: string) => void },
) {
  let lastEntryId = "";
  for (let drops = 0; ; ) {
    const request = { imageId, timeout: streamSeconds, lastEntryId, includeLogsForFinished: true };
    try {
      for await (const item of client.cpClient.imageJoinStreaming(request, { signal })) {
        drops = 0;
        if (item.entryId !== "") lastEntryId = item.entryId;
        for (const { data } of item.taskLogs) onText(data);
        if (item.result !== undefined && item.result.status !== 0) return item.result;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (++drops > maxDrops) throw error;
      await delay(200 * drops, undefined, { signal });
    }
  }
}
