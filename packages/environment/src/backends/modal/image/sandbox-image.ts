import { type Progress, shorten } from "@seer/config";
import { withoutCredentials } from "@seer/system";
import type { Image } from "modal";
import { callModal } from "../call-modal.ts";
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
 * Builds a sandbox's image: Python with its packages in `runtimePaths.environment`, the system packages, and Seer's own
 * files. Modal caches the layers, so an unchanged configuration builds nothing.
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
  if (base === undefined) throw new TypeError("The image has no layers");
  let imageId = await build(session, base, { tag: base.title }, options);
  for (const layer of layers) imageId = await build(session, layer, { imageId }, options);
  return await callModal("find the image", () => session.client.images.fromId(imageId), options);
}

/**
 * Adds layers to a snapshot's image for everything that the new sandbox needs and the snapshot lacks.
 *
 * @throws EnvironmentError with the codes of `sandboxImage`
 */
export async function extendedImage(
  session: ModalSession,
  snapshot: { readonly imageId: string; readonly spec: ImageSpec },
  spec: ImageSpec,
  options: ImageOptions,
): Promise<Image> {
  const installed = imageLayers(snapshot.spec, new Uint8Array()).map(({ commands }) => commands.join("\n"));
  let { imageId } = snapshot;
  for (const layer of imageLayers(spec, new Uint8Array())) {
    if (layersInSnapshots.has(layer.kind) || installed.includes(layer.commands.join("\n"))) continue;
    imageId = await build(session, layer, { imageId }, options);
  }
  return await callModal("find the snapshot", () => session.client.images.fromId(imageId), options);
}

/** Layers that every sandbox has; a snapshot keeps its own version of them. */
const layersInSnapshots: ReadonlySet<Layer["kind"]> = new Set(["base", "tools", "sources"]);

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
        if (progressLine.test(line)) onProgress(`  ${shorten(withoutCredentials(line.trim()), 500)}`);
      },
    },
  );
  if ("imageId" in built) return built.imageId;
  throw explainFailure(layer, built);
}

const progressLine = /^\s*(Building|Built|Downloading|Downloaded|Resolved|Prepared|Installed|Setting up)\b/;
