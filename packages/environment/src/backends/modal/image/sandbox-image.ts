import type { Progress } from "@seer/config";
import type { Image } from "modal";
import { withoutCredentials } from "../../../plan/without-credentials.ts";
import { askModal } from "../ask-modal.ts";
import type { ModalSession } from "../session.ts";
import { buildLayer } from "./build-layer.ts";
import { explainFailure } from "./explain-failure.ts";
import { type ImageSpec, imageLayers, type Layer } from "./layers.ts";
import { sourceArchive } from "./source-archive.ts";

export interface ImageOptions {
  onProgress: Progress;
  signal?: AbortSignal | undefined;
}

/**
 * The image of a sandbox: Python with its packages at `runtimePaths.environment`, the system packages, and Seer's own
 * part. Modal keeps the layers, so the same configuration builds nothing.
 *
 * @throws EnvironmentError `environment/package-install-failed`, `environment/system-packages-missing`,
 * `environment/python-not-found` or `environment/image-failed`, with the end of the build's log
 */
export async function sandboxImage(
  session: ModalSession,
  spec: ImageSpec,
  options: ImageOptions,
): Promise<Image> {
  const [base, ...layers] = imageLayers(spec, await sourceArchive());
  if (base === undefined) throw new TypeError("An image has a first layer");
  let imageId = await build(session, base, { tag: base.title }, options);
  for (const layer of layers) imageId = await build(session, layer, { imageId }, options);
  return await askModal("find the image", () => session.client.images.fromId(imageId), options);
}

/**
 * A snapshot's image with what a sandbox that begins with it is to have besides, in layers on top of it.
 *
 * @throws EnvironmentError as `sandboxImage`
 */
export async function extendedImage(
  session: ModalSession,
  snapshot: { readonly imageId: string; readonly has: ImageSpec },
  spec: ImageSpec,
  options: ImageOptions,
): Promise<Image> {
  const installed = imageLayers(snapshot.has, new Uint8Array()).map(({ commands }) => commands.join("\n"));
  let { imageId } = snapshot;
  for (const layer of imageLayers(spec, new Uint8Array())) {
    if (inSnapshots.has(layer.kind) || installed.includes(layer.commands.join("\n"))) continue;
    imageId = await build(session, layer, { imageId }, options);
  }
  return await askModal("find the snapshot", () => session.client.images.fromId(imageId), options);
}

/** What every sandbox has, as it was when the snapshot was taken. */
const inSnapshots: ReadonlySet<Layer["kind"]> = new Set(["base", "tools", "sources"]);

async function build(
  session: ModalSession,
  layer: Layer,
  from: { tag: string } | { imageId: string },
  { onProgress, signal }: ImageOptions,
): Promise<string> {
  const built = await buildLayer(
    session,
    { from, commands: layer.commands },
    {
      signal,
      onBuild: () => onProgress(`Image: ${withoutCredentials(layer.title)}`),
      onLine: (line) => {
        if (worthShowing.test(line)) onProgress(`  ${withoutCredentials(line.trim())}`);
      },
    },
  );
  if ("imageId" in built) return built.imageId;
  throw explainFailure(layer, built);
}

const worthShowing = /^\s*(Building|Built|Downloading|Downloaded|Resolved|Prepared|Installed|Setting up)\b/;
