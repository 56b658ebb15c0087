import { setTimeout as delay } from "node:timers/promises";
import type { ModalClient } from "modal";
import { askModal } from "../ask-modal.ts";
import type { ModalSession } from "../session.ts";

export interface LayerRequest {
  /** A registry's tag, or the layer below. */
  readonly from: { readonly tag: string } | { readonly imageId: string };
  readonly commands: readonly string[];
}

export interface LayerBuild {
  signal?: AbortSignal | undefined;
  /** It is not in Modal's cache. */
  onBuild: () => void;
  onLine: (line: string) => void;
}

/** What came of a layer: its image, or why there is none, with what its commands printed. */
export type BuiltLayer =
  | { readonly imageId: string }
  | { readonly failure: string; readonly status: "failed" | "interrupted"; readonly log: readonly string[] };

/**
 * Builds one layer, as the SDK's `build()` does, which throws the log away and cannot be stopped: through the SDK's
 * own connection, so that the log can be shown and a broken stream of it is taken up again.
 */
export async function buildLayer(
  session: ModalSession,
  request: LayerRequest,
  { signal, onBuild, onLine }: LayerBuild,
): Promise<BuiltLayer> {
  const over = new AbortController();
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const build = () => getOrBuild(session, request, { signal: either, onBuild, onLine });
    return await askModal("build the image", build, { signal, deadlineMs });
  } finally {
    over.abort();
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
  const log = new LineCollector(onLine);
  const result = await join(client, imageId, { signal, onText: (text) => log.add(text) });
  if (result.status === succeeded) return { imageId };
  return {
    failure: result.exception,
    status: result.status === failed ? "failed" : "interrupted",
    log: log.end(),
  };
}

// GenericResult.GenericStatus, which the SDK does not export.
const succeeded = 1;
const failed = 2;

// PyTorch with everything around it takes minutes.
const deadlineMs = 60 * 60_000;
// The stream that waits for a build ends by itself after this long, and is opened again.
const streamSeconds = 55;
const mostDrops = 5;

async function join(
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
      if (++drops > mostDrops) throw error;
      await delay(200 * drops, undefined, { signal });
    }
  }
}

/** The last lines of a log that comes in pieces. */
class LineCollector {
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #rest = "";

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#keep(line);
  }

  end(): readonly string[] {
    if (this.#rest !== "") this.#keep(this.#rest);
    this.#rest = "";
    return this.#lines;
  }

  #keep(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > 1000) this.#lines.shift();
    this.#onLine(line);
  }
}
